import { isMessageId } from '@staffetta/core';
import type {
  MailEvent,
  MessageQuery,
  MessageSummary,
  MessageTrace,
  MinuteCounters,
  SmtpReply,
  Trace,
  TracedRecipient,
} from '@staffetta/core';
import type { Database } from '../database.ts';
import { traceDay, traceDays } from './trace-days.ts';

const LIST_MAX = 500;
const MINUTES_MAX = 24 * 60;

interface MessageRow extends Record<string, unknown> {
  message_id: string;
  first_recipient: number;
  recipients: string[];
  tenant_id: string;
  accepted_at: number;
  reverse_path: string;
  subject: string;
  size_bytes: number;
  listener: string;
  peer: string;
  credential: string;
  bulk: boolean;
}

interface EventRow extends Record<string, unknown> {
  recipient: number;
  at: number;
  type: Exclude<MailEvent['type'], 'accepted'>;
  attempt: number | null;
  site: string | null;
  reply: SmtpReply | null;
  reason: string | null;
  uncertain: boolean | null;
  next_at: number | null;
  caused: string | null;
}

/** The trace in tables by day: the day of a message is in its id. */
export class PostgresTrace implements Trace {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async message(messageId: string): Promise<MessageTrace | undefined> {
    if (!isMessageId(messageId)) return undefined;
    const day = traceDay(messageId);
    if (!(await this.#days()).includes(day)) return undefined;
    const messages = await this.#database.query<MessageRow>(
      `select * from trace_message_${day} where message_id = $1 order by first_recipient`,
      [messageId],
    );
    const first = messages[0];
    if (!first) return undefined;
    const events = await this.#database.query<EventRow>(
      `select * from trace_event_${day} where message_id = $1 order by at, recipient, attempt`,
      [messageId],
    );
    return {
      messageId,
      tenantId: first.tenant_id,
      acceptedAtMs: first.accepted_at,
      reversePath: first.reverse_path,
      subject: first.subject,
      sizeBytes: first.size_bytes,
      listener: first.listener,
      peer: first.peer,
      credential: first.credential,
      bulk: first.bulk,
      recipients: recipientsOf(messages, events),
      events: events.map((row) => eventOf(messageId, first.tenant_id, row)),
    };
  }

  async list(query: MessageQuery): Promise<readonly MessageSummary[]> {
    const limit = Math.min(query.limit, LIST_MAX);
    const found: MessageSummary[] = [];
    const newest = query.beforeId === undefined ? undefined : traceDay(query.beforeId);
    for (const day of await this.#days()) {
      if (newest !== undefined && day > newest) continue;
      found.push(...(await this.#listDay(day, query, limit - found.length)));
      if (found.length >= limit) break;
    }
    return found;
  }

  async minutes(count: number): Promise<readonly MinuteCounters[]> {
    const rows = await this.#database.query<{
      at: number;
      accepted: number;
      delivered: number;
      deferred: number;
      bounced: number;
    }>(
      `select minute as at,
         coalesce(sum(count) filter (where type in ('accepted', 'added')), 0)::float8 as accepted,
         coalesce(sum(count) filter (where type = 'delivered'), 0)::float8 as delivered,
         coalesce(sum(count) filter (where type = 'deferred'), 0)::float8 as deferred,
         coalesce(sum(count) filter (where type in ('bounced', 'expired')), 0)::float8 as bounced
       from generate_series(date_trunc('minute', now()) - ($1::int - 1) * interval '1 minute',
                            date_trunc('minute', now()), interval '1 minute') as minute
       left join minute_counter using (minute)
       group by minute order by minute`,
      [Math.min(count, MINUTES_MAX)],
    );
    return rows.map(({ at, ...counts }) => ({ atMs: at, ...counts }));
  }

  async #listDay(
    day: string,
    query: MessageQuery,
    limit: number,
  ): Promise<readonly MessageSummary[]> {
    const rows = await this.#database.query<MessageRow & { state: string; count: number }>(
      `select message.*, cardinality(message.recipients) as count, coalesce(latest.type, 'accepted') as state
       from trace_message_${day} message
       left join lateral (
         select type from trace_event_${day} event where event.message_id = message.message_id
         order by at desc limit 1
       ) latest on true
       where first_recipient = 1
         and ($1::uuid is null or message.message_id < $1)
         and ($2::text is null or tenant_id = $2)
         and ($3::text is null or coalesce(latest.type, 'accepted') = $3)
         and ($4::text is null or exists (
           select from trace_event_${day} event where event.message_id = message.message_id and site = $4))
       order by message.message_id desc limit $5`,
      [
        query.beforeId ?? null,
        query.tenantId ?? null,
        query.state ?? null,
        query.site ?? null,
        limit,
      ],
    );
    return rows.map((row) => ({
      messageId: row.message_id.replaceAll('-', ''),
      tenantId: row.tenant_id,
      acceptedAtMs: row.accepted_at,
      reversePath: row.reverse_path,
      subject: row.subject,
      recipients: row.count,
      state: row.state,
    }));
  }

  #days(): Promise<readonly string[]> {
    return this.#database.withConnection((connection) => traceDays(connection));
  }
}

function recipientsOf(
  messages: readonly MessageRow[],
  events: readonly EventRow[],
): readonly TracedRecipient[] {
  const states = new Map<number, string>();
  for (const { recipient, type } of events) {
    if (type !== 'deferred' && type !== 'added') states.set(recipient, type);
  }
  return messages.flatMap((row) =>
    row.recipients.map((address, index) => {
      const number = row.first_recipient + index;
      return { number, address, state: states.get(number) ?? 'waiting' };
    }),
  );
}

function eventOf(messageId: string, tenantId: string, row: EventRow): MailEvent {
  return {
    type: row.type,
    messageId,
    tenantId,
    recipient: row.recipient,
    atMs: row.at,
    ...(row.attempt !== null && { attempt: row.attempt }),
    ...(row.site !== null && { site: row.site }),
    ...(row.reply !== null && { reply: row.reply }),
    ...(row.reason !== null && { reason: row.reason }),
    ...(row.uncertain !== null && { uncertain: row.uncertain }),
    ...(row.next_at !== null && { nextAttemptAtMs: row.next_at }),
    ...(row.caused !== null && { causedMessageId: row.caused.replaceAll('-', '') }),
  };
}
