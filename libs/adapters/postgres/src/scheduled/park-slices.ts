import type { Connection, Database } from '../database.ts';

const PARK_LOCK = 7_205_759_405;
const LOCK_TIMEOUT_MS = 200;
/** After this time what is still in a slice of an hour goes to the slice of the day on which it expires. */
const HOUR_SLICE_KEEP_MS = 3 * 3_600_000;
const MOVE_ROWS_MAX = 1_000;

/** The table of a slice of parked bodies. */
export function parkTable(ring: number): string {
  return `park_${ring}_body`;
}

/** A slice in use. */
export interface ParkSlice {
  readonly seq: number;
  readonly ring: number;
}

/** Slices of parked contents: by hour, later by day of expiry; each is emptied as a whole. */
export class ParkSlices {
  readonly #database: Database;
  readonly #rings = new Map<number, number>();
  #hour: { readonly of: string; readonly slice: ParkSlice } | undefined;

  constructor(database: Database) {
    this.#database = database;
  }

  /** The slice of the hour that it is now. */
  async current(nowMs: number): Promise<ParkSlice> {
    const of = new Date(Math.floor(nowMs / 3_600_000) * 3_600_000).toISOString();
    if (this.#hour?.of !== of) this.#hour = { of, slice: await this.#open('hour', of) };
    return this.#hour.slice;
  }

  /**
   * Whether the slice is still in use, for a transaction that has written to it and so keeps it from being freed; if
   * not, the next `current` gives another one.
   */
  async isOpen(connection: Connection, { seq }: ParkSlice): Promise<boolean> {
    const found = await connection.query(
      'select from park_slice where seq = $1 and freed_at is null',
      [seq],
    );
    if (found.rows.length > 0) return true;
    this.#hour = undefined;
    this.#rings.delete(seq);
    return false;
  }

  /** The ring number of a slice in use; undefined where it is gone. */
  async ringOf(seq: number): Promise<number | undefined> {
    const known = this.#rings.get(seq);
    if (known !== undefined) return known;
    const rows = await this.#database.query<ParkSlice>(
      'select seq, ring from park_slice where freed_at is null',
    );
    this.#rings.clear();
    for (const row of rows) this.#rings.set(row.seq, row.ring);
    return this.#rings.get(seq);
  }

  /** Frees slices that no scheduled row needs, and moves old leftovers to the slices of their days. */
  async tend(nowMs: number): Promise<void> {
    const old = await this.#database.query<ParkSlice & { kind: 'hour' | 'day'; of: number }>(
      `select seq, ring, kind, of from park_slice
       where freed_at is null and of < to_timestamp($1 / 1000.0) - interval '70 minutes' order by seq`,
      [nowMs],
    );
    for (const slice of old) {
      if (slice.kind === 'hour' && slice.of < nowMs - HOUR_SLICE_KEEP_MS) {
        await this.#moveLeftovers(slice);
      }
      await this.#freeIfUnused(slice);
    }
  }

  async #open(kind: 'hour' | 'day', of: string): Promise<ParkSlice> {
    return this.#database.transaction(async (connection) => {
      await connection.query('select pg_advisory_xact_lock($1)', [PARK_LOCK]);
      const found = await connection.query<ParkSlice>(
        'select seq, ring from park_slice where kind = $1 and of = $2 and freed_at is null',
        [kind, of],
      );
      const slice = found.rows[0] ?? (await makeParkSlice(connection, kind, of));
      this.#rings.set(slice.seq, slice.ring);
      return slice;
    });
  }

  async #moveLeftovers(slice: ParkSlice): Promise<void> {
    const days = await this.#database.query<{ day: number }>(
      `select distinct date_trunc('day', expires_at) as day from scheduled where body_slice = $1`,
      [slice.seq],
    );
    for (const { day } of days) {
      const target = await this.#open('day', new Date(day).toISOString());
      let moved = MOVE_ROWS_MAX;
      while (moved === MOVE_ROWS_MAX) moved = await this.#moveRows(slice, target, day);
    }
  }

  async #moveRows(slice: ParkSlice, target: ParkSlice, dayMs: number): Promise<number> {
    return this.#database.transaction(async (connection) => {
      const moved = await connection.query<{ message_id: string }>(
        `update scheduled set body_slice = $2 where id in (
           select id from scheduled where body_slice = $1
             and date_trunc('day', expires_at) = to_timestamp($3 / 1000.0)
           limit ${MOVE_ROWS_MAX} for update skip locked)
         returning message_id`,
        [slice.seq, target.seq, dayMs],
      );
      await connection.query(
        `insert into ${parkTable(target.ring)}
         select * from ${parkTable(slice.ring)} where message_id = any($1::uuid[])
         on conflict do nothing`,
        [moved.rows.map((row) => row.message_id)],
      );
      return moved.rows.length;
    });
  }

  async #freeIfUnused(slice: ParkSlice): Promise<void> {
    await this.#database
      .transaction(async (connection) => {
        await connection.query(`set local lock_timeout = ${LOCK_TIMEOUT_MS}`);
        await connection.query(`lock table ${parkTable(slice.ring)} in access exclusive mode`);
        const used = await connection.query('select from scheduled where body_slice = $1 limit 1', [
          slice.seq,
        ]);
        if (used.rows.length > 0) return;
        await connection.query(`truncate ${parkTable(slice.ring)}`);
        await connection.query('update park_slice set freed_at = now() where seq = $1', [
          slice.seq,
        ]);
        this.#rings.delete(slice.seq);
      })
      .catch((error: unknown) => {
        if ((error as { code?: string }).code !== '55P03') throw error;
      });
  }
}

async function makeParkSlice(connection: Connection, kind: string, of: string): Promise<ParkSlice> {
  const used = await connection.query<{ ring: number }>(
    'select ring from park_slice where freed_at is null',
  );
  const taken = new Set(used.rows.map((row) => row.ring));
  let ring = 0;
  while (taken.has(ring)) ring += 1;
  await connection.query(`
    create table if not exists ${parkTable(ring)} (
      message_id uuid not null,
      part int not null,
      bytes bytea not null,
      primary key (message_id, part)
    ) with (autovacuum_enabled = off, toast.autovacuum_enabled = off);
    alter table ${parkTable(ring)} alter bytes set storage external;`);
  const made = await connection.query<ParkSlice>(
    `insert into park_slice (seq, ring, kind, of)
     select coalesce(max(seq), 0) + 1, $1, $2, $3 from park_slice returning seq, ring`,
    [ring, kind, of],
  );
  const slice = made.rows[0];
  if (!slice) throw new Error('no slice was made');
  return slice;
}
