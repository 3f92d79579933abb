import type { Connection, Database } from '../database.ts';

/** When a slice is rotated away from: at so many octets of content, or at an age with anything in it. */
export interface SliceLimits {
  readonly bytesMax: number;
  readonly ageMaxMs: number;
}

const SLICE_LIMITS: SliceLimits = { bytesMax: 256 * 1024 * 1024, ageMaxMs: 60_000 };
const LOCK_TIMEOUT_MS = 200;
const HOUSEKEEPING_LOCK = 7_205_759_404;

/** A part of the log with tables of its own, emptied as a whole. */
export interface Slice {
  readonly seq: number;
  readonly ring: number;
}

/** The ring of slices: which one is written, which are still needed. */
export class Slices {
  readonly #database: Database;
  readonly #limits: SliceLimits;
  #current: Slice | undefined;
  #rings = new Map<number, number>();

  constructor(database: Database, limits: SliceLimits = SLICE_LIMITS) {
    this.#database = database;
    this.#limits = limits;
  }

  /** The slice to append to; asked of the database once, and again after `forget`. */
  async current(): Promise<Slice> {
    this.#current ??= await this.#openSlice();
    return this.#current;
  }

  /** To be called when an append found its slice closed. */
  forget(): void {
    this.#current = undefined;
  }

  /** The ring number of a slice that is not freed; undefined where it is gone. */
  async ringOf(seq: number): Promise<number | undefined> {
    if (this.#current?.seq === seq) return this.#current.ring;
    const known = this.#rings.get(seq);
    if (known !== undefined) return known;
    await this.list();
    return this.#rings.get(seq);
  }

  /** All slices in use, oldest first. */
  async list(): Promise<readonly Slice[]> {
    const rows = await this.#database.query<{ seq: number; ring: number }>(
      'select seq, ring from log_slice where freed_at is null order by seq',
    );
    this.#rings = new Map(rows.map((row) => [row.seq, row.ring]));
    return rows;
  }

  /** Rotates and frees where it is time; one process at a time does it. Returns the slices that were freed. */
  async tend(): Promise<readonly number[]> {
    return this.#database.withConnection(async (connection) => {
      const locked = await connection.query<{ locked: boolean }>(
        'select pg_try_advisory_lock($1) as locked',
        [HOUSEKEEPING_LOCK],
      );
      if (!locked.rows[0]?.locked) return [];
      try {
        await this.#rotateIfFull(connection);
        await trimToPositions(connection);
        return await this.#freeSettled(connection);
      } finally {
        await connection.query('select pg_advisory_unlock($1)', [HOUSEKEEPING_LOCK]);
      }
    });
  }

  async #openSlice(): Promise<Slice> {
    return this.#database.transaction(async (connection) => {
      await connection.query('select pg_advisory_xact_lock($1)', [HOUSEKEEPING_LOCK + 1]);
      const open = await connection.query<Slice>(
        'select seq, ring from log_slice where closed_at is null order by seq desc limit 1',
      );
      return open.rows[0] ?? (await makeSlice(connection));
    });
  }

  async #rotateIfFull(connection: Connection): Promise<void> {
    const open = await connection.query<{ seq: number; ring: number; age_ms: number }>(
      `select seq, ring, (extract(epoch from now() - opened_at) * 1000)::float8 as age_ms
       from log_slice where closed_at is null order by seq desc limit 1`,
    );
    const slice = open.rows[0];
    if (!slice) return;
    const used = await connection.query<{ bytes: number; any: boolean }>(
      `select pg_total_relation_size('log_${slice.ring}_body') as bytes,
              exists (select from log_${slice.ring}_record) as any`,
    );
    const { bytes = 0, any = false } = used.rows[0] ?? {};
    const { bytesMax, ageMaxMs } = this.#limits;
    if (bytes < bytesMax && !(any && slice.age_ms >= ageMaxMs)) return;
    await connection.query('begin');
    try {
      await connection.query('select pg_advisory_xact_lock($1)', [HOUSEKEEPING_LOCK + 1]);
      await connection.query('update log_slice set closed_at = now() where seq = $1', [slice.seq]);
      await makeSlice(connection);
      await connection.query('commit');
    } catch (error) {
      await connection.query('rollback');
      throw error;
    }
    this.forget();
  }

  /** Frees closed slices, oldest first, while nothing unsettled lies in them or refers to a body in them. */
  async #freeSettled(connection: Connection): Promise<number[]> {
    const slices = await connection.query<Slice & { closed: boolean }>(
      'select seq, ring, closed_at is not null as closed from log_slice where freed_at is null order by seq',
    );
    const freed: number[] = [];
    let needed = Number.POSITIVE_INFINITY;
    for (const slice of slices.rows)
      needed = Math.min(needed, await oldestNeeded(connection, slice));
    for (const slice of slices.rows) {
      if (!slice.closed || slice.seq >= needed) break;
      if (!(await freeSlice(connection, slice))) break;
      freed.push(slice.seq);
    }
    return freed;
  }
}

/** What was settled by a process that died before it could say so is not needed any more either. */
async function trimToPositions(connection: Connection): Promise<void> {
  await connection.query(
    `update log_partition set trimmed = reader.position
     from (
       select topic * 20000 + lane * 2 as id, position from lane
       union all
       select topic * 20000 + lane * 2 + 1, bulk_position from lane
     ) reader
     where log_partition.id = reader.id and trimmed < reader.position`,
  );
}

/** The oldest slice that unsettled records of this slice need: their own or their bodies'. */
async function oldestNeeded(connection: Connection, slice: Slice): Promise<number> {
  const rows = await connection.query<{ needed: number | null }>(
    `select min(least(oldest.body_slice, $1)) as needed
     from log_partition partition
     cross join lateral (
       select min(record.body_slice) as body_slice from log_${slice.ring}_record record
       where record.partition = partition.id and record.base + record.count > partition.trimmed
     ) oldest
     where oldest.body_slice is not null`,
    [slice.seq],
  );
  return rows.rows[0]?.needed ?? Number.POSITIVE_INFINITY;
}

async function freeSlice(connection: Connection, slice: Slice): Promise<boolean> {
  await connection.query('begin');
  try {
    await connection.query(`set local lock_timeout = ${LOCK_TIMEOUT_MS}`);
    await connection.query(
      `lock table log_${slice.ring}_record, log_${slice.ring}_body in access exclusive mode`,
    );
    // A writer that saw the slice open has ended by now: look again under the lock.
    if ((await oldestNeeded(connection, slice)) <= slice.seq) {
      await connection.query('rollback');
      return false;
    }
    await connection.query(`truncate log_${slice.ring}_record, log_${slice.ring}_body`);
    await connection.query('update log_slice set freed_at = now() where seq = $1', [slice.seq]);
    await connection.query(`delete from log_slice where freed_at is not null and seq < $1 - 1000`, [
      slice.seq,
    ]);
    await connection.query('commit');
    return true;
  } catch (error) {
    await connection.query('rollback');
    if ((error as { code?: string }).code === '55P03') return false;
    throw error;
  }
}

async function makeSlice(connection: Connection): Promise<Slice> {
  const used = await connection.query<{ ring: number }>(
    'select ring from log_slice where freed_at is null',
  );
  const taken = new Set(used.rows.map((row) => row.ring));
  let ring = 0;
  while (taken.has(ring)) ring += 1;
  await connection.query(`
    create table if not exists log_${ring}_record (
      partition int not null,
      base bigint not null,
      count int not null,
      body_slice bigint not null,
      records bytea not null
    ) with (autovacuum_enabled = off, toast.autovacuum_enabled = off);
    alter table log_${ring}_record alter records set storage external;
    create index if not exists log_${ring}_record_base on log_${ring}_record (partition, base);
    create table if not exists log_${ring}_body (
      segment bigint primary key,
      bytes bytea not null
    ) with (autovacuum_enabled = off, toast.autovacuum_enabled = off);
    alter table log_${ring}_body alter bytes set storage external;`);
  const made = await connection.query<Slice>(
    'insert into log_slice (seq, ring) select coalesce(max(seq), 0) + 1, $1 from log_slice returning seq, ring',
    [ring],
  );
  const slice = made.rows[0];
  if (!slice) throw new Error('no slice was made');
  return slice;
}
