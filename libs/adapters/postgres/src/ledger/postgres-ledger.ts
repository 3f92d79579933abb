import { LEDGER_BEGIN, LEDGER_END } from '@staffetta/core';
import type { Ledger, LedgerCheck, LedgerLine } from '@staffetta/core';
import type { Connection, Database } from '../database.ts';
import { hourOf } from '../trace/write-events.ts';
import { inSnapshot } from './snapshot.ts';
import { unbalancedMessages } from './unbalanced.ts';
import { unsettledRecords } from './unsettled-records.ts';

const FOLD_ROWS_MAX = 20_000;
const MESSAGE_IDS_MAX = 20;

/** Sums by tenant and hour, keyed `tenant hourMs`. */
interface Line {
  readonly tenantId: string;
  readonly hourMs: number;
  readonly counts: Map<string, number>;
  waiting: number;
}

/** The ledger in PostgreSQL: deltas written with each settlement, folded into sums. */
export class PostgresLedger implements Ledger {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async check(): Promise<LedgerCheck> {
    return inSnapshot(this.#database, async (connection) => {
      const lines = new Map<string, Line>();
      await addCounts(connection, lines);
      await addScheduled(connection, lines);
      await addLogged(connection, lines);
      const off = [...lines.values()].map(lineOf).filter((line) => line.difference !== 0);
      const messageIds = await unbalancedMessages(connection, off, MESSAGE_IDS_MAX);
      return summary([...lines.values()], off, messageIds);
    });
  }

  async fold(): Promise<number> {
    const rows = await this.#database.query<{ folded: number }>(
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
}

async function addCounts(connection: Connection, lines: Map<string, Line>): Promise<void> {
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

async function addScheduled(connection: Connection, lines: Map<string, Line>): Promise<void> {
  // The hour of a message is in the first 48 bits of its id.
  const rows = await connection.query<{ tenant_id: string; hour: number; waiting: number }>(
    `select tenant_id, date_trunc('hour', uuid_extract_timestamp(message_id)) as hour,
            sum(recipients)::float8 as waiting
     from scheduled group by 1, 2`,
  );
  for (const row of rows.rows) lineAt(lines, row.tenant_id, row.hour).waiting += row.waiting;
}

/** Counts recipients in log records that are not settled: beyond the position and not in the bitmap. */
async function addLogged(connection: Connection, lines: Map<string, Line>): Promise<void> {
  for await (const { tenantId, messageId, recipients } of unsettledRecords(connection)) {
    lineAt(lines, tenantId, hourOf(messageId)).waiting += recipients.length;
  }
}

function lineAt(lines: Map<string, Line>, tenantId: string, hourMs: number): Line {
  const key = `${tenantId} ${hourMs}`;
  let line = lines.get(key);
  if (!line) {
    line = { tenantId, hourMs, counts: new Map(), waiting: 0 };
    lines.set(key, line);
  }
  return line;
}

function sumOf(counts: ReadonlyMap<string, number>, types: readonly string[]): number {
  return types.reduce((sum, type) => sum + (counts.get(type) ?? 0), 0);
}

function lineOf({ tenantId, hourMs, counts, waiting }: Line): LedgerLine {
  const difference = sumOf(counts, LEDGER_BEGIN) - sumOf(counts, LEDGER_END) - waiting;
  return { tenantId, hourMs, counts: Object.fromEntries(counts), waiting, difference };
}

function summary(
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
