import { randomUUID } from 'node:crypto';
import type { Pop3Lock } from '@staffetta/core';
import type { Database } from '../database.ts';
import { SharedConnection } from './shared-connection.ts';
import type { ConnectionUser } from './shared-connection.ts';

type Client = Awaited<ReturnType<Database['dedicated']>>;

/** Class of the advisory locks of holders. */
const HOLDER_CLASS = 7_205_759;
const RELEASE_AGAIN_MS = 1_000;

interface Held {
  lost: (() => void) | undefined;
}

/**
 * POP3 locks as rows that name their holder: a process, alive as long as its shared connection holds the advisory
 * lock of its number. So a lock ends with its process at once, and 5,000 of them cost one lock of PostgreSQL.
 */
export class Pop3Locks implements ConnectionUser {
  readonly #database: Database;
  readonly #held = new Map<string, Held>();
  /** Rows that may be there without a session: the database was away when they were to be removed. */
  readonly #unreleased = new Set<string>();
  #connection: SharedConnection | undefined;
  #holder: number | undefined;
  #again: NodeJS.Timeout | undefined;

  constructor(database: Database) {
    this.#database = database;
  }

  use(connection: SharedConnection): void {
    this.#connection = connection;
  }

  async prepare(client: Client): Promise<void> {
    const numbered = await client.query<{ holder: number }>(
      `select nextval('pop3_holder')::int as holder`,
    );
    const holder = numbered.rows[0]!.holder;
    await client.query('select pg_advisory_lock($1, $2)', [HOLDER_CLASS, holder]);
    this.#holder = holder;
  }

  lost(): void {
    this.#holder = undefined;
    this.#unreleased.clear();
    const held = [...this.#held.values()];
    this.#held.clear();
    for (const { lost } of held) lost?.();
  }

  async acquire(accountId: string): Promise<Pop3Lock | undefined> {
    await this.#connection?.connected();
    const holder = this.#holder;
    if (holder === undefined) throw new Error('the connection for POP3 locks is not there');
    const token = randomUUID();
    if (!(await this.#insert(accountId, holder, token))) return undefined;
    if (this.#holder !== holder) throw new Error('the connection for POP3 locks was lost');
    const held: Held = { lost: undefined };
    this.#held.set(token, held);
    return {
      onLost: (listener) => {
        if (this.#holder === holder) held.lost = listener;
        else queueMicrotask(listener);
      },
      release: async () => {
        if (this.#held.delete(token)) await this.#release(token);
      },
    };
  }

  close(): void {
    clearTimeout(this.#again);
  }

  async #insert(accountId: string, holder: number, token: string): Promise<boolean> {
    try {
      const rows = await this.#database.query(
        `insert into pop3_lock (account_id, holder, token) values ($1, $2, $3)
         on conflict (account_id) do update set holder = $2, token = $3
           where pg_try_advisory_xact_lock($4, pop3_lock.holder)
         returning holder`,
        [accountId, holder, token, HOLDER_CLASS],
      );
      return rows.length === 1;
    } catch (error) {
      // It may have been written all the same.
      this.#releaseLater(token);
      throw error;
    }
  }

  async #release(token: string): Promise<void> {
    try {
      await this.#database.query('delete from pop3_lock where token = $1', [token]);
      this.#unreleased.delete(token);
    } catch {
      this.#releaseLater(token);
    }
  }

  #releaseLater(token: string): void {
    this.#unreleased.add(token);
    this.#again ??= setTimeout(() => {
      this.#again = undefined;
      for (const one of this.#unreleased) void this.#release(one);
    }, RELEASE_AGAIN_MS);
    this.#again.unref();
  }
}
