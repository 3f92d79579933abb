import { LEDGER_BEGIN, LEDGER_END } from '@staffetta/core';
import type { LedgerCheck, LedgerLine } from '@staffetta/core';
import type { Connection, Database } from '../database.ts';

const FOLD_ROWS_MAX = 20_000;

/** Sums of a tenant and an hour. */
export interface Line {
  readonly tenantId: string;
  readonly hourMs: number;
  readonly counts: Map<string, number>;
  waiting: number;
}

/** Lines keyed `tenant hourMs`. */
export type Lines = Map<string, Line>;

/** Folds deltas into sums; returns how many rows it folded. */
export async function foldDeltas(database: Database): Promise<number> {
  const rows = await database.query<{ folded: number }>(
    `with taken as (
       delete from ledger_delta where id in (
         select id from ledger_delta order by id limit ${FOLD_ROWS_MAX} for update skip locked)
       returning tenant_id, hour, type, count
     ), minutes as (
       insert into minute_counter (minute, type, count)
       select date_trunc('minute', now()), type, sum(count) from taken group by type order by type
       on conflict (minute, type) do update set count = minute_counter.count + excluded.count
     ), sums as (
       insert into ledger (tenant_id, hour, type, count)
       select tenant_id, hour, type, sum(count) from taken
       where type <> 'deferred' group by 1, 2, 3 order by 1, 2, 3
       on conflict (tenant_id, hour, type) do update set count = ledger.count + excluded.count
     )
     select count(*) as folded from taken`,
  );
  return rows[0]?.folded ?? 0;
}

/** What is told by the sums, and by the deltas that are not folded yet. */
export async function addCounts(connection: Connection, lines: Lines): Promise<void> {
  const rows = await connection.query<{
    tenant_id: string;
    hour: number;
    type: string;
    count: number;
  }>(
    `select tenant_id, hour, type, sum(count)::float8 as count from (
       select tenant_id, hour, type, count from ledger
       union all
       select tenant_id, hour, type, count from ledger_delta where type <> 'deferred'
     ) entry group by 1, 2, 3`,
  );
  for (const row of rows.rows) {
    lineAt(lines, row.tenant_id, row.hour).counts.set(row.type, row.count);
  }
}

/** The line of a tenant and an hour, made where there is none. */
export function lineAt(lines: Lines, tenantId: string, hourMs: number): Line {
  const key = `${tenantId} ${hourMs}`;
  let line = lines.get(key);
  if (!line) {
    line = { tenantId, hourMs, counts: new Map(), waiting: 0 };
    lines.set(key, line);
  }
  return line;
}

export function sumOf(counts: ReadonlyMap<string, number>, types: readonly string[]): number {
  return types.reduce((sum, type) => sum + (counts.get(type) ?? 0), 0);
}

/** The line as it is shown. */
export function lineOf({ tenantId, hourMs, counts, waiting }: Line): LedgerLine {
  const difference = sumOf(counts, LEDGER_BEGIN) - sumOf(counts, LEDGER_END) - waiting;
  return { tenantId, hourMs, counts: Object.fromEntries(counts), waiting, difference };
}

/** The check as a whole; `off` are the lines that do not balance. */
export function summary(
  all: readonly Line[],
  off: readonly LedgerLine[],
  messageIds: readonly string[],
): LedgerCheck {
  const counts = new Map<string, number>();
  let waiting = 0;
  for (const line of all) {
    waiting += line.waiting;
    for (const [type, count] of line.counts) counts.set(type, (counts.get(type) ?? 0) + count);
  }
  const begun = sumOf(counts, LEDGER_BEGIN);
  const ended = sumOf(counts, LEDGER_END);
  return {
    balanced: off.length === 0,
    begun,
    ended,
    waiting,
    difference: begun - ended - waiting,
    counts: Object.fromEntries(counts),
    lines: off,
    messageIds,
  };
}
