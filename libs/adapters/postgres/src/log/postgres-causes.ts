import type { CausedRecord, Causes } from '@staffetta/core';
import type { Database } from '../database.ts';

/** A repeat is appended soon after its cause, or when the lane has an owner again. */
const KEEP_DAYS = 14;

/** Causes as rows of `log_cause`. */
export class PostgresCauses implements Causes {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async claim(records: readonly CausedRecord[]): Promise<ReadonlyMap<string, string>> {
    // One statement must not meet the same row twice; the first of them is first here too.
    const places = new Map(records.toReversed().map(({ cause, place }) => [cause, place]));
    const causes = [...places.keys()].sort();
    const rows = await this.#database.query<{ cause: string; place: string }>(
      `insert into log_cause (cause, place) select * from unnest($1::text[], $2::text[])
       on conflict (cause) do update set place = log_cause.place returning cause, place`,
      [causes, causes.map((cause) => places.get(cause))],
    );
    return new Map(rows.map(({ cause, place }) => [cause, place]));
  }

  /** Forgets what was claimed long ago; to be called every minute or so. */
  async tend(): Promise<void> {
    await this.#database.query(`delete from log_cause where at < now() - $1 * interval '1 day'`, [
      KEEP_DAYS,
    ]);
  }
}
