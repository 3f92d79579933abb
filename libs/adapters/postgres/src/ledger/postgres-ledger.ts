import type { Ledger, LedgerCheck } from '@staffetta/core';
import type { Connection, Database } from '../database.ts';
import { hourOf } from '../trace/write-events.ts';
import { addCounts, foldDeltas, lineAt, lineOf, summary } from './lines.ts';
import type { Lines } from './lines.ts';
import { inSnapshot } from './snapshot.ts';
import { unbalancedMessages } from './unbalanced.ts';
import { unsettledRecords } from './unsettled-records.ts';

const MESSAGE_IDS_MAX = 20;

/** The ledger beside the log in PostgreSQL: deltas written with each settlement, folded into sums. */
export class PostgresLedger implements Ledger {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async check(): Promise<LedgerCheck> {
    return inSnapshot(this.#database, async (connection) => {
      const lines: Lines = new Map();
      await addCounts(connection, lines);
      await addScheduled(connection, lines);
      await addLogged(connection, lines);
      const off = [...lines.values()].map(lineOf).filter((line) => line.difference !== 0);
      const messageIds = await unbalancedMessages(connection, off, MESSAGE_IDS_MAX);
      return summary([...lines.values()], off, messageIds);
    });
  }

  fold(): Promise<number> {
    return foldDeltas(this.#database);
  }
}

/** Recipients in scheduled rows. */
export async function addScheduled(connection: Connection, lines: Lines): Promise<void> {
  // The hour of a message is in the first 48 bits of its id.
  const rows = await connection.query<{ tenant_id: string; hour: number; waiting: number }>(
    `select tenant_id, date_trunc('hour', uuid_extract_timestamp(message_id)) as hour,
            sum(recipients)::float8 as waiting
     from scheduled group by 1, 2`,
  );
  for (const row of rows.rows) lineAt(lines, row.tenant_id, row.hour).waiting += row.waiting;
}

/** Counts recipients in log records that are not settled: beyond the position and not in the bitmap. */
async function addLogged(connection: Connection, lines: Lines): Promise<void> {
  for await (const { tenantId, messageId, recipients } of unsettledRecords(connection)) {
    lineAt(lines, tenantId, hourOf(messageId)).waiting += recipients.length;
  }
}
