import { LEDGER_END } from '@staffetta/core';
import type { MailEvent } from '@staffetta/core';
import type { Connection } from '../database.ts';
import { traceDay } from './trace-days.ts';

/** What makes two events one: a recipient begins and ends once, and is deferred once an attempt. */
function eventKey(event: MailEvent): string {
  if (event.type === 'accepted') {
    return beginKey(event.messageId, event.envelope.recipients[0]?.number ?? 1);
  }
  const { messageId, recipient, type } = event;
  if (type === 'added') return beginKey(messageId, recipient);
  if (isEnd(type)) return endKey(messageId, recipient);
  return deferralKey(messageId, recipient, event.attempt ?? null, event.uncertain ?? false);
}

export function isEnd(type: string): boolean {
  return (LEDGER_END as readonly string[]).includes(type);
}

function beginKey(messageId: string, recipient: number): string {
  return `${messageId} ${recipient} begin`;
}

function endKey(messageId: string, recipient: number): string {
  return `${messageId} ${recipient} end`;
}

function deferralKey(
  messageId: string,
  recipient: number,
  attempt: number | null,
  uncertain: boolean,
): string {
  return `${messageId} ${recipient} ${attempt} ${uncertain}`;
}

/** The events among these that neither the trace nor an earlier one of them has told. The tables of their days are there. */
export async function withoutRepeats<Event extends MailEvent>(
  connection: Connection,
  events: readonly Event[],
): Promise<Event[]> {
  return firstTold(events, await toldBefore(connection, events));
}

/** The first event of each key that is not told already; told keys are added. */
export function firstTold<Event extends MailEvent>(
  events: readonly Event[],
  told: Set<string> = new Set(),
): Event[] {
  return events.filter((event) => {
    const key = eventKey(event);
    if (told.has(key)) return false;
    told.add(key);
    return true;
  });
}

/** The keys of what the trace has of the messages of these events. */
async function toldBefore(
  connection: Connection,
  events: readonly MailEvent[],
): Promise<Set<string>> {
  const begins = new Map<string, Set<string>>();
  const steps = new Map<string, Set<string>>();
  for (const { type, messageId } of events) {
    add(type === 'accepted' || type === 'added' ? begins : steps, messageId);
  }
  const told = new Set<string>();
  for (const [day, ids] of begins) {
    const rows = await connection.query<{ id: string; first: number }>({
      name: `told_begins_${day}`,
      text: `select replace(message_id::text, '-', '') as id, first_recipient as first
             from trace_message_${day} where message_id = any($1::uuid[])`,
      values: [[...ids]],
    });
    for (const { id, first } of rows.rows) told.add(beginKey(id, first));
  }
  for (const [day, ids] of steps) {
    const rows = await connection.query<StepRow>({
      name: `told_steps_${day}`,
      text: `select replace(message_id::text, '-', '') as id, recipient, type, attempt, uncertain
             from trace_event_${day} where message_id = any($1::uuid[])`,
      values: [[...ids]],
    });
    for (const { id, recipient, type, attempt, uncertain } of rows.rows) {
      if (isEnd(type)) told.add(endKey(id, recipient));
      else if (type === 'deferred')
        told.add(deferralKey(id, recipient, attempt, uncertain ?? false));
    }
  }
  return told;
}

interface StepRow extends Record<string, unknown> {
  readonly id: string;
  readonly recipient: number;
  readonly type: string;
  readonly attempt: number | null;
  readonly uncertain: boolean | null;
}

function add(days: Map<string, Set<string>>, messageId: string): void {
  const day = traceDay(messageId);
  const ids = days.get(day);
  if (ids) ids.add(messageId);
  else days.set(day, new Set([messageId]));
}
