import { LEDGER_END } from '@staffetta/core';
import type { CountedLog, LedgerLine, MailEvent } from '@staffetta/core';
import type { Connection, Database } from '../database.ts';
import { LEASED_NUMBERS } from '../log/partitions.ts';
import { firstTold, isEnd, withoutRepeats } from '../trace/told-before.ts';
import { traceDay, traceDays } from '../trace/trace-days.ts';
import { hourOf, ledgerType } from '../trace/write-events.ts';
import { addCounts, lineAt, lineOf } from './lines.ts';
import type { Line, Lines } from './lines.ts';
import { addScheduled } from './postgres-ledger.ts';
import { openMessages } from './unbalanced.ts';
import { WaitingMail } from './waiting-mail.ts';

const MESSAGE_IDS_MAX = 20;
/** The snapshot is held while the log is read. */
const LOOK_MAX = '10min';
const IDS_AT_ONCE = 1_000;

/** What one look found. */
export interface Look {
  readonly lines: readonly Line[];
  readonly shown: readonly LedgerLine[];
  /** Of the lines that were looked at message by message. */
  readonly messageIds: readonly string[];
}

/** One text for a line. */
export function lineKey({ tenantId, hourMs }: Pick<Line, 'tenantId' | 'hourMs'>): string {
  return `${tenantId} ${hourMs}`;
}

/** Counts everything once; lines of `exact` message by message, the others by their sums. */
export function lookAt(
  database: Database,
  log: CountedLog,
  exact: ReadonlySet<string>,
): Promise<Look> {
  return database.transaction(async (snapshot) => {
    await snapshot.query(`set local idle_in_transaction_session_timeout = '${LOOK_MAX}'`);
    return lookFrom(snapshot, database, log, exact);
  }, 'begin isolation level repeatable read read only');
}

async function lookFrom(
  snapshot: Connection,
  database: Database,
  log: CountedLog,
  exact: ReadonlySet<string>,
): Promise<Look> {
  // The mark: everything but the trace is looked at after it.
  const { lines, positions } = await takeMark(snapshot);
  const waiting = new WaitingMail(log);
  await waiting.addAccepted();
  const ends = await waiting.addRouted(database);
  await database.withConnection((connection) => addScheduledSums(connection, lines, exact));
  for (const line of exactLines(lines, exact)) {
    await waiting.addScheduled(database, line.tenantId, line.hourMs);
  }
  await waiting.addSince(ends);
  const told: MailEvent[] = [...waiting.carried];
  for await (const event of log.unreadEvents(positions)) told.push(event);
  addTold(lines, told, waiting, exact);
  for (const [messageId, { tenantId, recipients }] of waiting.messages) {
    const line = lineAt(lines, tenantId, hourOf(messageId));
    if (!exact.has(lineKey(line))) line.waiting += recipients.size;
  }
  const messageIds: string[] = [];
  const days = new Set(await traceDays(snapshot));
  for (const line of exactLines(lines, exact)) {
    messageIds.push(...(await countExactly(snapshot, line, waiting, told, days)));
  }
  const all = [...lines.values()];
  return { lines: all, shown: all.map(lineOf), messageIds: messageIds.slice(0, MESSAGE_IDS_MAX) };
}

/** The sums, and up to where the events are in them. */
async function takeMark(
  snapshot: Connection,
): Promise<{ readonly lines: Lines; readonly positions: ReadonlyMap<number, number> }> {
  const lines: Lines = new Map();
  await addCounts(snapshot, lines);
  const rows = await snapshot.query<{ lane: number; position: number }>(
    'select lane, position from lane where topic = $1',
    [LEASED_NUMBERS.events],
  );
  return { lines, positions: new Map(rows.rows.map((row) => [row.lane, row.position])) };
}

async function addScheduledSums(
  connection: Connection,
  lines: Lines,
  exact: ReadonlySet<string>,
): Promise<void> {
  const sums: Lines = new Map();
  await addScheduled(connection, sums);
  for (const { tenantId, hourMs, waiting } of sums.values()) {
    const line = lineAt(lines, tenantId, hourMs);
    if (!exact.has(lineKey(line))) line.waiting += waiting;
  }
}

function exactLines(lines: Lines, exact: ReadonlySet<string>): readonly Line[] {
  return [...lines.values()].filter((line) => exact.has(lineKey(line)));
}

/** Events that the sums do not have yet. */
function addTold(
  lines: Lines,
  told: readonly MailEvent[],
  waiting: WaitingMail,
  exact: ReadonlySet<string>,
): void {
  const ended = new Set(told.filter(({ type }) => isEnd(type)).map(nameOf));
  for (const event of told) {
    if (event.type === 'deferred') continue;
    const line = lineAt(lines, event.tenantId, hourOf(event.messageId));
    if (exact.has(lineKey(line))) continue;
    const { recipients } = waiting.messages.get(event.messageId) ?? NOBODY;
    count(line, event, changeOf(event, recipients, ended));
  }
}

const NOBODY = { recipients: new Set<number>() };

/** A recipient, in one text. */
function nameOf(event: MailEvent): string {
  return event.type === 'accepted' ? event.messageId : `${event.messageId} ${event.recipient}`;
}

/**
 * The entries of an event. Of those that began since the mark only who was found counts, waiting or ended: where mail
 * of that time is was partly looked at before it began.
 */
function changeOf(
  event: MailEvent,
  waiting: ReadonlySet<number>,
  ended: ReadonlySet<string>,
): number {
  if (isEnd(event.type)) return -1;
  const begun =
    event.type === 'accepted'
      ? event.envelope.recipients.map(({ number }) => number)
      : [event.recipient];
  return begun.filter((one) => waiting.has(one) || ended.has(`${event.messageId} ${one}`)).length;
}

function count({ counts }: Line, event: MailEvent, change: number): void {
  const type = ledgerType(event);
  counts.set(type, (counts.get(type) ?? 0) + Math.abs(change));
}

/**
 * Counts a line by its messages: what was told twice once, and what has ended does not wait, though its lane may not
 * have said so. Returns messages that do not balance.
 */
async function countExactly(
  connection: Connection,
  line: Line,
  waiting: WaitingMail,
  told: readonly MailEvent[],
  days: ReadonlySet<string>,
): Promise<readonly string[]> {
  const day = new Date(line.hourMs).toISOString().slice(0, 10).replaceAll('-', '');
  // Not made yet, or dropped: then the sums and what is told since must do.
  const hasTrace = days.has(day);
  const isOfLine = ({ tenantId, messageId }: MailEvent): boolean =>
    tenantId === line.tenantId && hourOf(messageId) === line.hourMs && traceDay(messageId) === day;
  const toldOfLine = told.filter(isOfLine);
  const unheard = hasTrace ? await withoutRepeats(connection, toldOfLine) : firstTold(toldOfLine);
  const found = new Map(waiting.of(line.tenantId, line.hourMs));
  const ended = hasTrace ? await endedOf(connection, day, [...found.keys()]) : new Set<string>();
  const open = new Map<string, number>();
  for (const event of unheard) if (isEnd(event.type)) ended.add(nameOf(event));
  for (const event of unheard) {
    if (event.type === 'deferred') continue;
    const { recipients } = found.get(event.messageId) ?? NOBODY;
    const change = changeOf(event, recipients, ended);
    count(line, event, change);
    open.set(event.messageId, (open.get(event.messageId) ?? 0) + change);
  }
  if (hasTrace) {
    for await (const { message_id: id, open: begun } of openMessages(connection, day, line)) {
      open.set(id, (open.get(id) ?? 0) + begun);
    }
  }
  const off: string[] = [];
  for (const id of new Set([...open.keys(), ...found.keys()])) {
    const recipients = [...(found.get(id)?.recipients ?? [])];
    const waits = recipients.filter((recipient) => !ended.has(`${id} ${recipient}`)).length;
    line.waiting += waits;
    if (hasTrace && waits !== (open.get(id) ?? 0)) off.push(id);
  }
  return off;
}

/** Recipients (`messageId number`) of these messages that the trace says have ended. */
async function endedOf(
  connection: Connection,
  day: string,
  ids: readonly string[],
): Promise<Set<string>> {
  const ended = new Set<string>();
  for (let from = 0; from < ids.length; from += IDS_AT_ONCE) {
    const rows = await connection.query<{ id: string; recipient: number }>(
      `select replace(message_id::text, '-', '') as id, recipient from trace_event_${day}
       where message_id = any($1::uuid[]) and type = any($2::text[])`,
      [ids.slice(from, from + IDS_AT_ONCE), [...LEDGER_END]],
    );
    for (const { id, recipient } of rows.rows) ended.add(`${id} ${recipient}`);
  }
  return ended;
}
