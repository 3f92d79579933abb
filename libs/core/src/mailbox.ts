/** Which mailbox: every row of it is led by the account. Both ids are opaque. */
export interface MailboxRef {
  readonly accountId: string;
  readonly mailboxId: string;
}

/** Attributes of RFC 6154. */
export type SpecialUse = '\\Archive' | '\\Drafts' | '\\Junk' | '\\Sent' | '\\Trash';

/** What an account has before it made any mailbox itself. */
export const DEFAULT_MAILBOXES: readonly {
  readonly name: string;
  readonly specialUse: SpecialUse | undefined;
}[] = [
  { name: 'INBOX', specialUse: undefined },
  { name: 'Archive', specialUse: '\\Archive' },
  { name: 'Drafts', specialUse: '\\Drafts' },
  { name: 'Junk', specialUse: '\\Junk' },
  { name: 'Sent', specialUse: '\\Sent' },
  { name: 'Trash', specialUse: '\\Trash' },
];

/** A longer header is read as a part of the body. */
export const HEADER_COLUMN_MAX_BYTES = 65_536;

/** Between the levels of a mailbox name. */
export const HIERARCHY_SEPARATOR = '/';

/** A mailbox and its counts, all of one moment. */
export interface Mailbox extends MailboxRef {
  /** Unicode, levels parted by HIERARCHY_SEPARATOR; `INBOX` is always written so. Unique within the account. */
  readonly name: string;
  readonly specialUse: SpecialUse | undefined;
  /** 1 to 2^32 - 1. Another one where a name is used again for a new mailbox. */
  readonly uidValidity: number;
  /** The UID that the next message gets. */
  readonly uidNext: number;
  /** That of the last change; grows by one with each change, below 2^53. */
  readonly modseq: number;
  readonly messages: number;
  /** Without `\Seen`. */
  readonly unseen: number;
  /** Sum of the messages' sizes. */
  readonly sizeBytes: number;
  /** Messages from this UID on have been shown to no session that opened the mailbox for writing (`\Recent`). */
  readonly recentFromUid: number;
}

/** A mailbox as a session opens it. */
export interface MailboxSnapshot {
  readonly mailbox: Mailbox;
  /** All UIDs, ascending. The caller owns the array. */
  readonly uids: Uint32Array;
  /** The lowest UID without `\Seen`. */
  readonly firstUnseenUid: number | undefined;
}

/** UIDs `first` to `last`, both included. */
export interface UidRange {
  readonly first: number;
  readonly last: number;
}

/** A message to be stored. */
export interface NewMessage {
  /** Fields of this recipient's own, above the body: complete lines with CRLF (`Return-Path`, `Delivered-To`), or empty. */
  readonly prefix: Buffer;
  /** The rest of the message, exact; stored once by content. */
  readonly body: Buffer;
  /** Octets of the body up to and with the empty line after the header. */
  readonly bodyHeaderBytes: number;
  /** What `@staffetta/mime` found out about prefix and body: opaque here, given back as it is. */
  readonly structure: string;
  readonly flags: readonly string[];
  /** Milliseconds since 1970. */
  readonly internalDateMs: number;
}

/** The state of a message that changes. */
export interface MessageState {
  readonly uid: number;
  readonly modseq: number;
  /** System flags as in RFC 3501 (`\Seen`), keywords as first given; compared without case. `\Recent` never. */
  readonly flags: readonly string[];
}

/** A message's row. What was not asked for is empty. */
export interface MessageRow extends MessageState {
  readonly internalDateMs: number;
  /** Of prefix and body together. */
  readonly sizeBytes: number;
  /** Whether the body's last two octets are CRLF: POP3 has to add them elsewhere, and to count them. */
  readonly endsWithCrlf: boolean;
  /** Asked for by `structure`. */
  readonly structure: string;
  readonly prefix: Buffer;
  /** Asked for by `header`: the first `bodyHeaderBytes` of the body; empty where that is over HEADER_COLUMN_MAX_BYTES. */
  readonly bodyHeader: Buffer;
  readonly bodyHeaderBytes: number;
  /** Names the body for `readBody`: stays good as long as the row exists, and a day longer. */
  readonly bodyRef: string;
}

/** The costly columns of MessageRow; all others always come. */
export interface MessageColumns {
  readonly structure?: boolean;
  readonly header?: boolean;
}

/** What happened to a mailbox since some modseq. */
export type MailboxChanges =
  | {
      readonly kind: 'changes';
      /** UIDs that were removed since, ascending; may name some that came after the given modseq. */
      readonly vanished: readonly number[];
      /** Messages that were added or changed since, ascending by UID. */
      readonly changed: readonly MessageState[];
      /** Where the next question goes on. */
      readonly modseq: number;
      readonly uidNext: number;
    }
  /** It is not known any more what vanished since then: take a new snapshot and compare. */
  | { readonly kind: 'too-old' }
  /** The mailbox was deleted. */
  | { readonly kind: 'gone' };
