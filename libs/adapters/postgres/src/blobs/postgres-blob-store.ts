import { randomUUID } from 'node:crypto';
import type { BlobStore } from '@staffetta/core';
import type { Database } from '../database.ts';
import { dayAt } from '../trace/trace-days.ts';

const PART_BYTES = 1024 * 1024;
const DAY_MS = 86_400_000;
const BLOBS_LOCK = 7_205_759_408;
const LOCK_TIMEOUT_MS = 500;

/** The content is not there, or no longer. */
export class BlobGone extends Error {
  override readonly name = 'BlobGone';
}

/** Contents in tables by the day until which they are kept; a day's table is dropped as a whole, nothing else is deleted. */
export class PostgresBlobStore implements BlobStore {
  readonly #database: Database;
  readonly #known = new Set<string>();

  constructor(database: Database) {
    this.#database = database;
  }

  async put(bytes: Buffer, keepUntilMs: number): Promise<string> {
    const day = dayAt(Math.max(keepUntilMs, Date.now()));
    await this.#ensure(day);
    const id = randomUUID();
    await this.#database.transaction(async (connection) => {
      for (
        let from = 0, part = 0;
        from === 0 || from < bytes.length;
        from += PART_BYTES, part += 1
      ) {
        await connection.query({
          name: `blob_put_${day}`,
          text: `insert into blob_${day} (id, part, bytes) values ($1, $2, $3)`,
          values: [id, part, bytes.subarray(from, from + PART_BYTES)],
        });
      }
    });
    return `${day}/${id}`;
  }

  async *chunks(ref: string): AsyncIterable<Buffer> {
    const [, day, id] = /^(\d{8})\/([0-9a-f-]{36})$/.exec(ref) ?? [];
    if (day === undefined) throw new BlobGone(`no reference of a blob: ${ref}`);
    for (let part = 0; ; part += 1) {
      const rows = await this.#database.query<{ bytes: Buffer; last: boolean }>(
        `select bytes, part = (select max(part) from blob_${day} where id = $1) as last
         from blob_${day} where id = $1 and part = $2`,
        [id, part],
      );
      if (!rows[0]) throw new BlobGone(`the blob ${ref} is gone`);
      yield rows[0].bytes;
      if (rows[0].last) return;
    }
  }

  /** Drops what was to be kept until a day that has passed; to be called every hour or so. */
  async tend(nowMs: number): Promise<void> {
    const first = dayAt(nowMs - DAY_MS);
    const days = await this.#database.query<{ day: string }>(
      `select substring(relname from 6) as day from pg_class
       where relname ~ '^blob_[0-9]{8}$' and relkind = 'r' and relname < $1`,
      [`blob_${first}`],
    );
    for (const { day } of days) {
      await this.#database.transaction(async (connection) => {
        await connection.query(`set local lock_timeout = ${LOCK_TIMEOUT_MS}`);
        await connection.query(`drop table if exists blob_${day}`);
      });
      this.#known.delete(day);
    }
  }

  async #ensure(day: string): Promise<void> {
    if (this.#known.has(day)) return;
    await this.#database.transaction(async (connection) => {
      await connection.query('select pg_advisory_xact_lock($1)', [BLOBS_LOCK]);
      await connection.query(
        `create table if not exists blob_${day} (
           id uuid not null,
           part int not null,
           bytes bytea not null,
           primary key (id, part)
         );
         alter table blob_${day} alter column bytes set storage external`,
      );
    });
    this.#known.add(day);
  }
}
