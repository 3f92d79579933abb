import type {
  GivenUids,
  Mailbox,
  MailboxChanges,
  MailboxGone,
  MailboxRef,
  MailboxSnapshot,
  MailStore,
  MessageColumns,
  MessageRow,
  MessageState,
  NewMessage,
  Pop3Lock,
  SpecialUse,
  UidRange,
} from '@staffetta/core';
import type { Database } from '../database.ts';
import { ensureDefaultMailboxes } from './account-mailboxes.ts';
import { appendMessages } from './append-messages.ts';
import { ChangeFeed } from './change-feed.ts';
import type { Changed } from './changed.ts';
import { changesSince } from './changes-since.ts';
import { copyMessages, moveMessages } from './copy-messages.ts';
import { fetchMessages } from './fetch-messages.ts';
import { MAILBOX_COLUMNS, mailboxOf } from './mailbox-row.ts';
import type { MailboxRow } from './mailbox-row.ts';
import { createMailbox, deleteMailbox, renameMailbox } from './mailbox-tree.ts';
import { Pop3Locks } from './pop3-locks.ts';
import { readBody } from './read-body.ts';
import { expunge } from './remove-messages.ts';
import { selectMailbox } from './select-mailbox.ts';
import { SharedConnection } from './shared-connection.ts';
import { storeFlags } from './store-flags.ts';
import { orUnavailable } from './unavailable.ts';

/** What the store is made of. */
export interface PostgresMailStoreOptions {
  readonly database: Database;
  /** Told when looking for changes of other processes failed; the next look comes by itself. */
  readonly onError: (error: unknown) => void;
}

/** Mailboxes in PostgreSQL: see 0003_mailbox.sql. One for each process, since it holds a connection of its own. */
export class PostgresMailStore implements MailStore {
  /** For writers of messages beside this store (local delivery): they tell it what they changed. */
  readonly changes: ChangeFeed;
  readonly #database: Database;
  readonly #locks: Pop3Locks;
  readonly #connection: SharedConnection;

  constructor({ database, onError }: PostgresMailStoreOptions) {
    this.#database = database;
    this.changes = new ChangeFeed(database, onError);
    this.#locks = new Pop3Locks(database);
    this.#connection = new SharedConnection(database, [this.changes, this.#locks]);
    this.changes.use(this.#connection);
    this.#locks.use(this.#connection);
  }

  /** Ends watching and gives up POP3 locks. */
  async close(): Promise<void> {
    await this.changes.close();
    this.#locks.close();
    await this.#connection.close();
  }

  async listMailboxes(accountId: string): Promise<readonly Mailbox[]> {
    const list = (): Promise<MailboxRow[]> =>
      this.#database.query<MailboxRow & Record<string, unknown>>(
        `select ${MAILBOX_COLUMNS} from mailbox where account_id = $1 order by name`,
        [accountId],
      );
    return (await this.#withDefaults(accountId, list)).map(mailboxOf);
  }

  async findMailbox(accountId: string, name: string): Promise<Mailbox | undefined> {
    const find = (): Promise<MailboxRow[]> =>
      this.#database.query<MailboxRow & Record<string, unknown>>(
        `select ${MAILBOX_COLUMNS} from mailbox where account_id = $1 and name = $2`,
        [accountId, name],
      );
    const [row] = await this.#withDefaults(accountId, find);
    return row === undefined ? undefined : mailboxOf(row);
  }

  createMailbox(
    accountId: string,
    name: string,
    specialUse?: SpecialUse,
  ): Promise<
    { readonly kind: 'ok'; readonly mailbox: Mailbox } | { readonly kind: 'exists' | 'limit' }
  > {
    return orUnavailable(createMailbox(this.#database, accountId, name, specialUse));
  }

  deleteMailbox(mailbox: MailboxRef): Promise<{ readonly kind: 'ok' } | MailboxGone> {
    return this.#change(deleteMailbox(this.#database, mailbox));
  }

  renameMailbox(
    mailbox: MailboxRef,
    name: string,
  ): Promise<{ readonly kind: 'ok' | 'exists' } | MailboxGone> {
    return this.#change(renameMailbox(this.#database, mailbox, name));
  }

  async listSubscriptions(accountId: string): Promise<readonly string[]> {
    const list = (): Promise<{ name: string }[]> =>
      this.#database.query<{ name: string }>(
        'select name from mailbox_subscription where account_id = $1 order by name',
        [accountId],
      );
    return (await this.#withDefaults(accountId, list)).map((row) => row.name);
  }

  async setSubscribed(accountId: string, name: string, subscribed: boolean): Promise<void> {
    const statement = subscribed
      ? 'insert into mailbox_subscription (account_id, name) values ($1, $2) on conflict do nothing'
      : 'delete from mailbox_subscription where account_id = $1 and name = $2';
    const change = this.#database.transaction(async (connection) => {
      await ensureDefaultMailboxes(connection, [accountId]);
      await connection.query(statement, [accountId, name]);
    });
    await orUnavailable(change);
  }

  select(mailbox: MailboxRef, readOnly: boolean): Promise<MailboxSnapshot | undefined> {
    return orUnavailable(selectMailbox(this.#database, mailbox, readOnly));
  }

  fetch(
    mailbox: MailboxRef,
    uids: readonly UidRange[],
    columns: MessageColumns,
    rowsMax: number,
  ): Promise<readonly MessageRow[]> {
    return orUnavailable(fetchMessages(this.#database, mailbox, uids, columns, rowsMax));
  }

  readBody(
    _accountId: string,
    bodyRef: string,
    offset: number,
    lengthBytes: number,
  ): Promise<Buffer> {
    return orUnavailable(readBody(this.#database, bodyRef, offset, lengthBytes));
  }

  append(mailbox: MailboxRef, messages: readonly NewMessage[]): Promise<GivenUids | MailboxGone> {
    return this.#change(appendMessages(this.#database, mailbox, messages));
  }

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
  > {
    const asked = { uids, change, flags, unchangedSince };
    return this.#change(storeFlags(this.#database, mailbox, asked));
  }

  copy(
    from: MailboxRef,
    uids: readonly UidRange[],
    to: MailboxRef,
  ): Promise<GivenUids | MailboxGone> {
    return this.#change(copyMessages(this.#database, from, uids, to));
  }

  move(
    from: MailboxRef,
    uids: readonly UidRange[],
    to: MailboxRef,
  ): Promise<GivenUids | MailboxGone> {
    return this.#change(moveMessages(this.#database, from, uids, to));
  }

  expunge(
    mailbox: MailboxRef,
    uids: readonly UidRange[],
    which: 'deleted' | 'any',
  ): Promise<{ readonly kind: 'ok'; readonly uids: readonly number[] } | MailboxGone> {
    return this.#change(expunge(this.#database, mailbox, uids, which));
  }

  changesSince(mailbox: MailboxRef, modseq: number): Promise<MailboxChanges> {
    return orUnavailable(changesSince(this.#database, mailbox, modseq));
  }

  watch(mailbox: MailboxRef, onChanged: () => void): () => void {
    return this.changes.watch(mailbox, onChanged);
  }

  acquirePop3Lock(accountId: string): Promise<Pop3Lock | undefined> {
    return orUnavailable(this.#locks.acquire(accountId));
  }

  async #change<Result>(step: Promise<Changed<Result>>): Promise<Result> {
    const { result, changed } = await orUnavailable(step);
    this.changes.changed(changed);
    return result;
  }

  /** What belongs to an account; one of which there is nothing may not have its defaults yet. */
  async #withDefaults<Row>(accountId: string, read: () => Promise<Row[]>): Promise<Row[]> {
    const rows = await orUnavailable(read());
    if (rows.length > 0) return rows;
    const ensured = this.#database.transaction((connection) =>
      ensureDefaultMailboxes(connection, [accountId]),
    );
    await orUnavailable(ensured);
    return orUnavailable(read());
  }
}
