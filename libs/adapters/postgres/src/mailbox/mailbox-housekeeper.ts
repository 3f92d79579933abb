import { Rounds } from '@staffetta/core';
import type { Database } from '../database.ts';

const TEND_MS = 60_000;
const ROWS_A_ROUND = 1_000;
/** A blob goes this long after its last reference was taken away and after it was last stored. */
const BLOB_KEPT = '2 days';
/** Sessions that were away longer take a new snapshot instead of a list of what vanished. */
const TOMBSTONES_KEPT = '30 days';
const LOCK = 7_205_759_408;

/** What it works on. */
export interface MailboxHousekeeperOptions {
  readonly database: Database;
  readonly onError: (error: unknown) => void;
}

/** Removes bodies that no message has any more, and old tombstones. Runs in each process; one at a time works. */
export class MailboxHousekeeper {
  readonly #options: MailboxHousekeeperOptions;
  readonly #tending: Rounds;

  constructor(options: MailboxHousekeeperOptions) {
    this.#options = options;
    this.#tending = new Rounds(() => this.#round(), TEND_MS, options.onError);
  }

  start(): void {
    this.#tending.start();
  }

  async stop(): Promise<void> {
    await this.#tending.stop();
  }

  /** One round, now. */
  tend(): Promise<void> {
    return this.#tending.run();
  }

  async #round(): Promise<void> {
    while ((await this.#collectBlobs()) >= ROWS_A_ROUND);
    while ((await this.#dropTombstones()) >= ROWS_A_ROUND);
  }

  /**
   * Looks at blobs that lost a reference. One that is stored again meanwhile is touched, which this waits for; a
   * reference that a copy adds was there before, since what is copied is there until the copy is.
   */
  #collectBlobs(): Promise<number> {
    return this.#alone(
      `with due as (
         delete from mail_blob_release where ctid in (
           select ctid from mail_blob_release where released_at < now() - interval '${BLOB_KEPT}'
           order by released_at limit ${ROWS_A_ROUND}
         ) returning hash
       ), removed as (
         delete from mail_blob where hash in (select hash from due)
           and touched_at < now() - interval '${BLOB_KEPT}'
           and not exists (select from mailbox_message where blob = mail_blob.hash)
         returning hash
       ), chunks as (
         delete from mail_blob_chunk where hash in (select hash from removed)
       )
       select count(*) as count from due`,
    );
  }

  #dropTombstones(): Promise<number> {
    return this.#alone(
      `with old as (
         select account_id, mailbox_id, modseq from mailbox_vanished
         where at < now() - interval '${TOMBSTONES_KEPT}' order by at limit ${ROWS_A_ROUND}
       ), due as (
         select account_id, mailbox_id as id, max(modseq) as modseq from old group by 1, 2
       ), locked as (
         select account_id, id, due.modseq from mailbox join due using (account_id, id)
         order by account_id, id for update of mailbox skip locked
       ), dropped as (
         delete from mailbox_vanished as old using locked
         where old.account_id = locked.account_id and old.mailbox_id = locked.id
           and old.modseq <= locked.modseq
         returning 1
       ), moved as (
         update mailbox set vanished_from_modseq = greatest(vanished_from_modseq, locked.modseq)
         from locked where mailbox.account_id = locked.account_id and mailbox.id = locked.id
       )
       select count(*) as count from dropped`,
    );
  }

  /** The statement's count; 0 where another process is at it. */
  #alone(statement: string): Promise<number> {
    return this.#options.database.transaction(async (connection) => {
      const locked = await connection.query<{ locked: boolean }>(
        'select pg_try_advisory_xact_lock($1) as locked',
        [LOCK],
      );
      if (!locked.rows[0]?.locked) return 0;
      const result = await connection.query<{ count: number }>(statement);
      return result.rows[0]?.count ?? 0;
    });
  }
}
