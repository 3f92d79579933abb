import { messageIdTimeMs } from '@staffetta/core';
import type { AcceptedEvent, MailEvent, RecipientEvent } from '@staffetta/core';
import type { Connection } from '../database.ts';
import { storableJson } from '../storable-json.ts';
import { ensureTraceDay, traceDay } from './trace-days.ts';

const HOUR_MS = 3_600_000;
const REASON_CHARS_MAX = 500;

/** A statement that is prepared under its name. */
export interface Statement {
  readonly name: string;
  readonly text: string;
  readonly values: unknown[];
}

/**
 * Writes events to the trace and their sums to the ledger's deltas, in the transaction of the connection: so they
 * are true exactly when what they tell of is.
 */
export async function writeEvents(
  connection: Connection,
  events: readonly MailEvent[],
): Promise<void> {
  for (const day of daysOf(events)) await ensureTraceDay(connection, day);
  for (const statement of eventStatements(events)) await connection.query(statement);
}

/** The days whose tables the events need. */
export function daysOf(events: readonly MailEvent[]): ReadonlySet<string> {
  return new Set(events.map((event) => traceDay(event.messageId)));
}

/** The statements that write these events; the tables of their days must be there. */
export function eventStatements(events: readonly MailEvent[]): Statement[] {
  const statements: Statement[] = [];
  const messages = new Map<string, object[]>();
  const steps = new Map<string, object[]>();
  for (const event of events) {
    const day = traceDay(event.messageId);
    if (event.type === 'accepted') push(messages, day, messageRow(event));
    else {
      if (event.type === 'added') push(messages, day, addedRow(event));
      push(steps, day, stepRow(event));
    }
  }
  for (const [day, rows] of messages) statements.push(insertMessages(day, rows));
  for (const [day, rows] of steps) statements.push(insertSteps(day, rows));
  if (events.length > 0) statements.push(insertDeltas(events));
  return statements;
}

function insertMessages(day: string, rows: readonly object[]): Statement {
  return {
    name: `trace_message_${day}`,
    text: `insert into trace_message_${day}
           select * from json_to_recordset($1) as row (message_id uuid, first_recipient int, recipients text[],
             tenant_id text, accepted_at timestamptz, reverse_path text, subject text, size_bytes bigint,
             listener text, peer text, credential text, campaign text, bulk boolean)`,
    values: [storableJson(rows)],
  };
}

function insertSteps(day: string, rows: readonly object[]): Statement {
  return {
    name: `trace_event_${day}`,
    text: `insert into trace_event_${day}
           select * from json_to_recordset($1) as row (message_id uuid, recipient int, at timestamptz, type text,
             attempt int, site text, reply json, reason text, uncertain boolean, next_at timestamptz, caused uuid)`,
    values: [storableJson(rows)],
  };
}

function insertDeltas(events: readonly MailEvent[]): Statement {
  return {
    name: 'ledger_delta',
    text: `insert into ledger_delta (tenant_id, hour, type, count)
           select * from json_to_recordset($1) as row (tenant_id text, hour timestamptz, type text, count bigint)`,
    values: [storableJson(deltasOf(events))],
  };
}

function deltasOf(events: readonly MailEvent[]): readonly object[] {
  const sums = new Map<string, { tenant_id: string; hour: string; type: string; count: number }>();
  for (const event of events) {
    const hourMs = hourOf(event.messageId);
    const type = ledgerType(event);
    const key = `${event.tenantId} ${hourMs} ${type}`;
    let sum = sums.get(key);
    if (!sum) {
      sum = { tenant_id: event.tenantId, hour: iso(hourMs), type, count: 0 };
      sums.set(key, sum);
    }
    sum.count += event.type === 'accepted' ? event.envelope.recipients.length : 1;
  }
  return [...sums.values()];
}

/** A report of ours was accepted from nobody: it is added. */
export function ledgerType(event: MailEvent): string {
  return event.type === 'accepted' && event.envelope.injection.listener === 'dsn'
    ? 'added'
    : event.type;
}

/** Entries of the ledger stand in the hour in which their message's id was made. */
export function hourOf(messageId: string): number {
  return Math.floor(messageIdTimeMs(messageId) / HOUR_MS) * HOUR_MS;
}

function messageRow(event: AcceptedEvent): object {
  const { envelope } = event;
  return {
    message_id: event.messageId,
    first_recipient: envelope.recipients[0]?.number ?? 1,
    recipients: envelope.recipients.map((recipient) => recipient.address),
    tenant_id: event.tenantId,
    accepted_at: iso(event.atMs),
    reverse_path: envelope.reversePath,
    subject: event.subject,
    size_bytes: envelope.sizeBytes,
    listener: envelope.injection.listener,
    peer: envelope.injection.peer,
    credential: envelope.injection.credential,
    campaign: envelope.campaign,
    bulk: envelope.bulk,
  };
}

function addedRow(event: RecipientEvent): object {
  return {
    message_id: event.messageId,
    first_recipient: event.recipient,
    recipients: [event.address ?? ''],
    tenant_id: event.tenantId,
    accepted_at: iso(event.atMs),
    reverse_path: '',
    subject: '',
    size_bytes: 0,
    listener: '',
    peer: '',
    credential: '',
    campaign: '',
    bulk: false,
  };
}

function stepRow(event: RecipientEvent): object {
  return {
    message_id: event.messageId,
    recipient: event.recipient,
    at: iso(event.atMs),
    type: event.type,
    attempt: event.attempt,
    site: event.site,
    reply: event.reply,
    reason: event.reason?.slice(0, REASON_CHARS_MAX),
    uncertain: event.uncertain,
    next_at: event.nextAttemptAtMs === undefined ? undefined : iso(event.nextAttemptAtMs),
    caused: event.causedMessageId,
  };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

function push<Row>(rows: Map<string, Row[]>, day: string, row: Row): void {
  const list = rows.get(day);
  if (list) list.push(row);
  else rows.set(day, [row]);
}
