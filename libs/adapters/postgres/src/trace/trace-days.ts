import { messageIdTimeMs } from '@staffetta/core';
import type { Client } from 'pg';
import type { Connection, Database } from '../database.ts';

const DAYS_LOCK = 7_205_759_406;
const DAY_MS = 86_400_000;
/** Days of each database whose tables are there; only young ones, for old ones are dropped. */
const known = new Set<string>();
let lastDay = { number: Number.NaN, text: '' };

/** The day (UTC, `YYYYMMDD`) whose trace tables hold a message: that on which its id was made. */
export function traceDay(messageId: string): string {
  return dayAt(messageIdTimeMs(messageId));
}

/** The day (UTC, `YYYYMMDD`) of a time in milliseconds since 1970. Made once a day: it is asked for each event. */
export function dayAt(ms: number): string {
  const number = Math.floor(ms / DAY_MS);
  if (number !== lastDay.number) {
    const text = new Date(ms).toISOString().slice(0, 10).replaceAll('-', '');
    lastDay = { number, text };
  }
  return lastDay.text;
}

/** Makes sure that the tables of a day exist; the transaction of the connection makes them where they do not. */
export async function ensureTraceDay(connection: Connection, day: string): Promise<void> {
  const name = nameOf(connection, day);
  if (known.has(name)) return;
  if (!/^\d{8}$/.test(day)) throw new Error(`not a day: ${day}`);
  const found = await connection.query<{ there: boolean }>(
    'select to_regclass($1) is not null as there',
    [`trace_event_${day}`],
  );
  if (found.rows[0]?.there) {
    if (isYoung(day)) known.add(name);
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
export async function ensureTraceDays(
  database: Database,
  days: ReadonlySet<string>,
): Promise<void> {
  for (const day of days) {
    const name = `${database.url} ${day}`;
    if (known.has(name)) continue;
    await database.transaction((connection) => ensureTraceDay(connection, day));
    if (isYoung(day)) known.add(name);
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

/** Whether nobody drops the day's tables for a while. */
function isYoung(day: string): boolean {
  return day >= dayAt(Date.now() - DAY_MS);
}

function nameOf(connection: Connection, day: string): string {
  const { host, port, database } = connection as Client;
  return `${host}:${port}/${database} ${day}`;
}
