import { LEDGER_END } from '@staffetta/core';
import type { LedgerLine } from '@staffetta/core';
import type { Connection } from '../database.ts';
import { unsettledRecords } from './unsettled-records.ts';
import { traceDays } from '../trace/trace-days.ts';

const CANDIDATES_MAX = 10_000;

/**
 * The first messages whose entries do not balance, in the hours of these lines: recipients that began and neither
 * ended once nor wait once.
 */
export async function unbalancedMessages(
  connection: Connection,
  lines: readonly LedgerLine[],
  limit: number,
): Promise<readonly string[]> {
  if (lines.length === 0) return [];
  const waiting = await waitingByMessage(connection);
  const days = new Set(await traceDays(connection));
  const found: string[] = [];
  for (const line of lines) {
    const day = new Date(line.hourMs).toISOString().slice(0, 10).replaceAll('-', '');
    if (!days.has(day)) continue;
    for (const { message_id: id, open } of await openMessages(connection, day, line)) {
      if (open !== (waiting.get(id) ?? 0)) found.push(id);
      if (found.length >= limit) return found;
    }
  }
  return found;
}

/** Recipients that began less those that ended, by message, where that is not nothing. */
async function openMessages(
  connection: Connection,
  day: string,
  line: LedgerLine,
): Promise<readonly { message_id: string; open: number }[]> {
  const rows = await connection.query<{ message_id: string; open: number }>(
    `select replace(message_id::text, '-', '') as message_id, sum(change)::int as open from (
       select message_id, cardinality(recipients) as change from trace_message_${day} where tenant_id = $1
       union all
       select message_id, -1 from trace_event_${day} where type = any($2::text[])
     ) entry
     where date_trunc('hour', uuid_extract_timestamp(message_id)) = to_timestamp($3 / 1000.0)
     group by message_id having sum(change) <> 0 order by message_id limit ${CANDIDATES_MAX}`,
    [line.tenantId, [...LEDGER_END], line.hourMs],
  );
  return rows.rows;
}

async function waitingByMessage(connection: Connection): Promise<Map<string, number>> {
  const scheduled = await connection.query<{ message_id: string; waiting: number }>(
    `select replace(message_id::text, '-', '') as message_id, sum(recipients)::int as waiting
     from scheduled group by message_id`,
  );
  const waiting = new Map(scheduled.rows.map((row) => [row.message_id, row.waiting]));
  for await (const { messageId, recipients } of unsettledRecords(connection)) {
    waiting.set(messageId, (waiting.get(messageId) ?? 0) + recipients.length);
  }
  return waiting;
}
