import type { Mailbox, MailStore, MessageRow, Pop3Lock } from '@staffetta/core';
import { MAILDROP_MESSAGES_MAX } from './limits.ts';

const ROWS_MAX = 1_000;
/** What RETR adds where a message ends without a line end. */
const LINE_END_BYTES = 2;

/** INBOX as it was when the session logged in (RFC 1939 §5): what comes later is not seen. */
export class Maildrop {
  readonly mailbox: Mailbox;
  readonly #store: MailStore;
  readonly #lock: Pop3Lock;
  readonly #uids: Uint32Array;
  /** Octets that RETR sends, without stuffed dots. */
  readonly #sizes: Float64Array;
  readonly #deleted = new Set<number>();

  private constructor(
    store: MailStore,
    lock: Pop3Lock,
    mailbox: Mailbox,
    uids: Uint32Array,
    sizes: Float64Array,
  ) {
    this.#store = store;
    this.#lock = lock;
    this.mailbox = mailbox;
    this.#uids = uids;
    this.#sizes = sizes;
  }

  /** Opens it under the lock, which it then holds; the oldest messages only, where there are too many. */
  static async open(store: MailStore, lock: Pop3Lock, accountId: string): Promise<Maildrop> {
    const inbox = await store.findMailbox(accountId, 'INBOX');
    if (inbox === undefined) throw new Error('an account without INBOX');
    const uids: number[] = [];
    const sizes: number[] = [];
    for (let first = 1; uids.length < MAILDROP_MESSAGES_MAX;) {
      const rows = await store.fetch(inbox, [{ first, last: inbox.uidNext - 1 }], {}, ROWS_MAX);
      for (const row of rows) {
        uids.push(row.uid);
        const complete = row.endsWithCrlf || row.sizeBytes === row.prefix.length;
        sizes.push(row.sizeBytes + (complete ? 0 : LINE_END_BYTES));
      }
      const last = rows.at(-1);
      if (last === undefined || rows.length < ROWS_MAX) break;
      first = last.uid + 1;
    }
    return new Maildrop(store, lock, inbox, Uint32Array.from(uids), Float64Array.from(sizes));
  }

  /** Messages that are not marked as deleted: number, UIDL and octets. */
  *listed(): Generator<{
    readonly number: number;
    readonly id: string;
    readonly sizeBytes: number;
  }> {
    for (let number = 1; number <= this.#uids.length; number++) {
      const one = this.find(number);
      if (one !== undefined) yield { number, ...one };
    }
  }

  /** A message that is there and not marked as deleted. */
  find(number: number): { readonly id: string; readonly sizeBytes: number } | undefined {
    const uid = this.#uids[number - 1];
    if (uid === undefined || this.#deleted.has(number)) return undefined;
    const id = `${this.mailbox.uidValidity.toString(16)}.${uid.toString(16)}`;
    return { id, sizeBytes: this.#sizes[number - 1] ?? 0 };
  }

  /** Its row; undefined where it was removed elsewhere meanwhile. */
  async row(number: number): Promise<MessageRow | undefined> {
    const uid = this.#uids[number - 1] ?? 0;
    const rows = await this.#store.fetch(this.mailbox, [{ first: uid, last: uid }], {}, 1);
    return rows[0];
  }

  markDeleted(number: number): void {
    this.#deleted.add(number);
  }

  unmarkAll(): void {
    this.#deleted.clear();
  }

  /** Removes for good what is marked, all in one step. */
  async commit(): Promise<void> {
    if (this.#deleted.size === 0) return;
    const uids = [...this.#deleted].map((number) => this.#uids[number - 1] ?? 0);
    const ranges = uids.sort((a, b) => a - b).map((uid) => ({ first: uid, last: uid }));
    await this.#store.expunge(this.mailbox, ranges, 'any');
  }

  async close(): Promise<void> {
    await this.#lock.release();
  }
}
