import { LEDGER_END } from '@staffetta/core';
import type { LedgerLine } from '@staffetta/core';
import type { Connection } from '../database.ts';
import { traceDays } from '../trace/trace-days.ts';
import { hourOf } from '../trace/write-events.ts';
import { unsettledRecords } from './unsettled-records.ts';

const PAGE_MESSAGES = 10_000;

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
    for await (const id of unbalancedOf(connection, day, line, waiting)) {
      found.push(id);
      if (found.length >= limit) return found;
    }
  }
  return found;
}

/** In order of their ids; what waits without ever having begun comes last. */
async function* unbalancedOf(
  connection: Connection,
  day: string,
  line: LedgerLine,
  waiting: ReadonlyMap<string, number>,
): AsyncIterable<string> {
  const begun = new Set<string>();
  for await (const { message_id: id, open } of openMessages(connection, day, line)) {
    begun.add(id);
    if (open !== (waiting.get(id) ?? 0)) yield id;
  }
  for (const id of waiting.keys()) if (hourOf(id) === line.hourMs && !begun.has(id)) yield id;
}

interface OpenMessage extends Record<string, unknown> {
  readonly message_id: string;
  readonly open: number;
}

/** Recipients that began less those that ended, by message in order, where that is not nothing. */
export async function* openMessages(
  connection: Connection,
  day: string,
  line: Pick<LedgerLine, 'tenantId' | 'hourMs'>,
): AsyncIterable<OpenMessage> {
  let after = '00000000-0000-0000-0000-000000000000';
  for (;;) {
    const page = await openPage(connection, day, line, after);
    yield* page;
    if (page.length < PAGE_MESSAGES) return;
    after = page.at(-1)!.message_id;
  }
}

async function openPage(
  connection: Connection,
  day: string,
  line: Pick<LedgerLine, 'tenantId' | 'hourMs'>,
  after: string,
): Promise<readonly OpenMessage[]> {
  const rows = await connection.query<OpenMessage>(
    `select replace(message_id::text, '-', '') as message_id, sum(change)::int as open from (
       select message_id, cardinality(recipients) as change from trace_message_${day}
       where tenant_id = $1 and message_id > $4
       union all
       select message_id, -1 from trace_event_${day}
       where type = any($2::text[]) and message_id > $4
     ) entry
     where date_trunc('hour', uuid_extract_timestamp(message_id)) = to_timestamp($3 / 1000.0)
     group by entry.message_id having sum(change) <> 0 order by entry.message_id limit ${PAGE_MESSAGES}`,
    [line.tenantId, [...LEDGER_END], line.hourMs, after],
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
