import { messageIdTimeMs } from '@staffetta/core';
import type { Connection, Database } from '../database.ts';

const DAYS_LOCK = 7_205_759_406;
const known = new Set<string>();

/** The day (UTC, `YYYYMMDD`) whose trace tables hold a message: that on which its id was made. */
export function traceDay(messageId: string): string {
  return new Date(messageIdTimeMs(messageId)).toISOString().slice(0, 10).replaceAll('-', '');
}

/** Makes sure that the tables of a day exist; the transaction of the connection makes them where they do not. */
export async function ensureTraceDay(connection: Connection, day: string): Promise<void> {
  if (known.has(day)) return;
  if (!/^\d{8}$/.test(day)) throw new Error(`not a day: ${day}`);
  const found = await connection.query<{ there: boolean }>(
    'select to_regclass($1) is not null as there',
    [`trace_event_${day}`],
  );
  if (found.rows[0]?.there) {
    known.add(day);
    return;
  }
  await connection.query('select pg_advisory_xact_lock($1)', [DAYS_LOCK]);
  await connection.query(`
    create table if not exists trace_message_${day} (
      message_id uuid not null,
      first_recipient int not null,
      recipients text[] not null,
      tenant_id text not null,
      accepted_at timestamptz not null,
      reverse_path text not null,
      subject text not null,
      size_bytes bigint not null,
      listener text not null,
      peer text not null,
      credential text not null,
      campaign text not null,
      bulk boolean not null,
      primary key (message_id, first_recipient)
    );
    create table if not exists trace_event_${day} (
      message_id uuid not null,
      recipient int not null,
      at timestamptz not null,
      type text not null,
      attempt int,
      site text,
      reply json,
      reason text,
      uncertain boolean,
      next_at timestamptz,
      caused uuid
    );
    create index if not exists trace_event_${day}_message on trace_event_${day} (message_id);`);
}

/** Makes sure that the tables of these days exist, in transactions of its own. */
export async function ensureTraceDays(database: Database, days: ReadonlySet<string>): Promise<void> {
  for (const day of days) {
    if (!known.has(day)) await database.transaction((connection) => ensureTraceDay(connection, day));
  }
}

/** The days that have trace tables, newest first. */
export async function traceDays(connection: Pick<Connection, 'query'>): Promise<readonly string[]> {
  const rows = await connection.query<{ day: string }>(
    `select substring(relname from 13) as day from pg_class
     where relname ~ '^trace_event_[0-9]{8}$' and relkind = 'r' order by 1 desc`,
  );
  return rows.rows.map((row) => row.day);
}
