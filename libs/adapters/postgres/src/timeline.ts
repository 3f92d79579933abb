import type { Database } from './database.ts';

/** Since when the database goes on from an earlier state of itself. */
export interface Timeline {
  /** PostgreSQL's number: each restored backup and each promoted standby begins another one. */
  readonly number: number;
  /** When a process of ours saw it first, in milliseconds since the epoch. */
  readonly seenAtMs: number;
  /** Nobody had seen it before. */
  readonly isNew: boolean;
}

interface Row {
  number: number;
  seen_at: number;
  is_new: boolean;
  is_first: boolean;
}

/**
 * Looks on which timeline PostgreSQL is, and remembers it. Undefined while it is the one on which the schema was made:
 * then nothing that was committed can be missing.
 */
export async function seeTimeline(database: Database): Promise<Timeline | undefined> {
  const rows = await database.query<Row>(SEE);
  const [row] = rows;
  // Another process remembers it at this very moment.
  if (!row) return seeTimeline(database);
  if (row.is_first) return undefined;
  return { number: row.number, seenAtMs: row.seen_at, isNew: row.is_new };
}

// The name of a WAL file begins with the number of its timeline.
const SEE = `
with current as (
  select ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int as number
), seen as (
  insert into timeline (number) select number from current on conflict do nothing
  returning number, seen_at
)
select number, seen_at, true as is_new, not exists (select from timeline) as is_first from seen
union all
select number, seen_at, false,
       not exists (select from timeline earlier where earlier.seen_at < timeline.seen_at)
from timeline join current using (number) where not exists (select from seen)`;
