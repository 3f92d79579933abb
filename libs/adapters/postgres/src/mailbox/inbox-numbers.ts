import type { Database } from '../database.ts';
import { ensureDefaultMailboxes } from './account-mailboxes.ts';

/** Accounts whose INBOX is remembered. */
const REMEMBERED_MAX = 100_000;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Which mailbox is the INBOX of an account; made where an account has none yet. */
export class InboxNumbers {
  readonly #database: Database;
  readonly #known = new Map<string, number>();

  constructor(database: Database) {
    this.#database = database;
  }

  /** Those that are missing in the answer are no accounts. */
  async find(accountIds: ReadonlySet<string>): Promise<ReadonlyMap<string, number>> {
    const unknown = [...accountIds].filter((id) => !this.#known.has(id));
    if (unknown.length > 0) {
      await this.#load(unknown);
      const without = unknown.filter((id) => !this.#known.has(id));
      if (without.length > 0) await this.#make(without);
    }
    const found = new Map<string, number>();
    for (const id of accountIds) {
      const number = this.#known.get(id);
      if (number !== undefined) found.set(id, number);
    }
    this.#trim();
    return found;
  }

  forget(accountId: string): void {
    this.#known.delete(accountId);
  }

  async #load(accountIds: readonly string[]): Promise<void> {
    const rows = await this.#database.query<{ account_id: string; id: number }>(
      `select account_id, id from mailbox where account_id = any($1::text[]) and name = 'INBOX'`,
      [accountIds],
    );
    for (const { account_id, id } of rows) this.#known.set(account_id, id);
  }

  async #make(accountIds: readonly string[]): Promise<void> {
    const rows = await this.#database.query<{ id: string }>(
      'select id::text as id from account where id = any($1::uuid[])',
      [accountIds.filter((id) => UUID.test(id))],
    );
    const accounts = rows.map((row) => row.id);
    if (accounts.length === 0) return;
    await this.#database.transaction((connection) => ensureDefaultMailboxes(connection, accounts));
    await this.#load(accounts);
  }

  #trim(): void {
    for (const id of this.#known.keys()) {
      if (this.#known.size <= REMEMBERED_MAX) return;
      this.#known.delete(id);
    }
  }
}
