import type {
  Mailbox,
  MailboxChanges,
  MailboxRef,
  MailboxSnapshot,
  MessageColumns,
  MessageRow,
  MessageState,
  NewMessage,
  SpecialUse,
  UidRange,
} from '../mailbox.ts';

/** The mailbox does not exist (any more). */
export interface MailboxGone {
  readonly kind: 'gone';
}

/** UIDs given to messages in the order of `from` or of the appended messages. */
export interface GivenUids {
  readonly kind: 'ok';
  /** Of the mailbox they were given in. */
  readonly uidValidity: number;
  /** What was there when asked, ascending; empty for an append. */
  readonly from: readonly number[];
  readonly to: readonly number[];
}

/** At most one POP3 session an account, in all processes. */
export interface Pop3Lock {
  /** Called at most once, when the lock cannot be kept (the database went away): the session must end without changes. */
  onLost(listener: () => void): void;
  release(): Promise<void>;
}

/**
 * Mailboxes and messages of accounts. Every change takes the mailbox's row first, so UIDs and modseqs are given and
 * become visible in the same order: who has seen UID n sees all that came before it. Each method is one atomic step.
 * UIDs that are not there are passed over. Rejects with a MailStoreUnavailable where nothing was done, or may have been.
 */
export interface MailStore {
  /** All mailboxes by name. An account without any gets DEFAULT_MAILBOXES first, so INBOX is always there. */
  listMailboxes(accountId: string): Promise<readonly Mailbox[]>;
  /** The mailbox of that exact name; INBOX must be written so. Makes the defaults as `listMailboxes` does. */
  findMailbox(accountId: string, name: string): Promise<Mailbox | undefined>;
  /** Its superiors are made too where they are missing. `limit`: the account has MAILBOXES_MAX already. */
  createMailbox(
    accountId: string,
    name: string,
    specialUse?: SpecialUse,
  ): Promise<
    { readonly kind: 'ok'; readonly mailbox: Mailbox } | { readonly kind: 'exists' | 'limit' }
  >;
  /** Removes it with its messages; its inferiors stay. INBOX is refused by the caller. */
  deleteMailbox(mailbox: MailboxRef): Promise<{ readonly kind: 'ok' } | MailboxGone>;
  /**
   * Renames it and its inferiors, and makes missing superiors of the new name; UIDs and UIDVALIDITY stay. INBOX
   * itself stays: its messages move to a new mailbox (RFC 3501 §6.3.5).
   */
  renameMailbox(
    mailbox: MailboxRef,
    name: string,
  ): Promise<{ readonly kind: 'ok' } | { readonly kind: 'exists' } | MailboxGone>;
  /** Names subscribed to, sorted; they outlive their mailboxes. The defaults are subscribed to when made. */
  listSubscriptions(accountId: string): Promise<readonly string[]>;
  setSubscribed(accountId: string, name: string, subscribed: boolean): Promise<void>;

  /** Opens a mailbox. For writing, what is there now is not `\Recent` for any later session. */
  select(mailbox: MailboxRef, readOnly: boolean): Promise<MailboxSnapshot | undefined>;
  /** Rows in the ranges, ascending by UID, at most `rowsMax`: go on after the last one. None where it is gone. */
  fetch(
    mailbox: MailboxRef,
    uids: readonly UidRange[],
    columns: MessageColumns,
    rowsMax: number,
  ): Promise<readonly MessageRow[]>;
  /** Octets of a body (without prefix); fewer only at its end. At most 1 MB a call. */
  readBody(
    accountId: string,
    bodyRef: string,
    offset: number,
    lengthBytes: number,
  ): Promise<Buffer>;

  /** Stores messages in the order given, all or none. */
  append(mailbox: MailboxRef, messages: readonly NewMessage[]): Promise<GivenUids | MailboxGone>;
  /**
   * Adds, removes or sets flags. Returns all asked messages that exist as they are now; changed ones have the modseq
   * that is returned. With `unchangedSince`, messages with a higher modseq are left alone, and named.
   */
  storeFlags(
    mailbox: MailboxRef,
    uids: readonly UidRange[],
    change: 'add' | 'remove' | 'set',
    flags: readonly string[],
    unchangedSince?: number,
  ): Promise<
    | {
        readonly kind: 'ok';
        readonly messages: readonly MessageState[];
        readonly unmodified: readonly number[];
        readonly modseq: number;
      }
    | MailboxGone
  >;
  /** Copies all asked messages, with flags, date and prefix, in the order of their UIDs. */
  copy(
    from: MailboxRef,
    uids: readonly UidRange[],
    to: MailboxRef,
  ): Promise<GivenUids | MailboxGone>;
  /** The same, and removes exactly those from where they were. Works within one mailbox too. */
  move(
    from: MailboxRef,
    uids: readonly UidRange[],
    to: MailboxRef,
  ): Promise<GivenUids | MailboxGone>;
  /** Removes messages for good: of the asked, those with `\Deleted`, or `any`. Returns the UIDs, ascending. */
  expunge(
    mailbox: MailboxRef,
    uids: readonly UidRange[],
    which: 'deleted' | 'any',
  ): Promise<{ readonly kind: 'ok'; readonly uids: readonly number[] } | MailboxGone>;

  /** What happened after the given modseq, in this process or another one. */
  changesSince(mailbox: MailboxRef, modseq: number): Promise<MailboxChanges>;
  /** Calls back soon after a change is visible (one by the caller too); may call without one. Returns the end of it. */
  watch(mailbox: MailboxRef, onChanged: () => void): () => void;

  /** Undefined where another POP3 session has it. It ends with its process, however that dies. */
  acquirePop3Lock(accountId: string): Promise<Pop3Lock | undefined>;
}

/** Mailboxes an account can have. */
export const MAILBOXES_MAX = 5_000;

/** The store cannot be reached, or did not confirm in time. */
export class MailStoreUnavailable extends Error {
  override readonly name = 'MailStoreUnavailable';
}
