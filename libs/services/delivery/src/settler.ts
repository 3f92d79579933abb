import { aboutMessage, noTracer } from '@staffetta/core';
import type {
  MailEvent,
  RecipientOutcome,
  ScheduledInsert,
  ScheduledUpdate,
} from '@staffetta/core';
import { notifySender, wantsNotification } from '@staffetta/dsn';
import type { NotifiedRecipient } from '@staffetta/dsn';
import { beginAttempt, dropAttempt, endAttempt } from './attempt-span.ts';
import { decide } from './decide.ts';
import type { Decision, Retry } from './decide.ts';
import type { Entry } from './entry.ts';
import type { Flusher } from './flusher.ts';
import type { Consequences, OwnedLane } from './owned-lane.ts';
import type { DeliveryOptions } from './options.ts';
import type { LogSource } from './parking.ts';

const READ_TRIES_MAX = 10;
const READ_RETRY_MS = 500;

/** Carries out what is decided about messages: settles them, with everything that follows. */
export class Settler {
  readonly #options: DeliveryOptions;
  readonly #flusher: Flusher;
  readonly #release: (entry: Entry) => void;

  constructor(options: DeliveryOptions, flusher: Flusher, release: (entry: Entry) => void) {
    this.#options = options;
    this.#flusher = flusher;
    this.#release = release;
  }

  /** After an attempt: what each recipient got. */
  async attempted(
    entry: Entry,
    outcomes: readonly RecipientOutcome[],
    dsnRelayed = false,
  ): Promise<void> {
    const { clock, random, settings, tracer = noTracer } = this.#options;
    // One that shares the failure of another's connection was not begun.
    beginAttempt(tracer, entry);
    endAttempt(entry, outcomes);
    const decision = decide(entry.envelope, outcomes, {
      nowMs: clock.now(),
      site: entry.site,
      bounds: settings,
      delayNoticeMs: settings.delayNoticeMs,
      random,
      dsnRelayed,
    });
    const report = await this.#report(entry, decision.notify);
    const events = report
      ? decision.events.map((event) =>
          report.causes.has(event.recipient)
            ? { ...event, causedMessageId: report.notification.event.messageId }
            : event,
        )
      : decision.events;
    this.#count(entry, decision);
    const { apart } = decision;
    const consequences = {
      inserts: apart ? [insertOf(entry, apart)] : [],
      events: report ? [...events, report.notification.event] : events,
      records: report ? [report.notification.record] : [],
    };
    if (decision.retry) this.#retry(entry, decision.retry, consequences);
    else this.#settle(entry, consequences);
  }

  /** No attempt was made: it goes to, or back to, the scheduled table until then. */
  park(entry: Entry, dueAtMs: number, state: 'due' | 'waiting', reason: string): void {
    if (entry.source.kind === 'row') {
      this.#putBack(entry, { id: entry.source.id, dueAtMs, state });
      return;
    }
    const { source } = entry;
    const { envelope, body } = entry;
    const row = { envelope, body, dueAtMs, state, lastReply: undefined, reason };
    this.#end(entry, (lane) => lane.park(source, row));
  }

  /** It was not delivered and is not ours any more: whoever has its lane next finds it where it was. */
  handBack(entry: Entry): void {
    if (entry.source.kind === 'row' && entry.marked) {
      const dueAtMs = this.#options.clock.now();
      this.#putBack(entry, { id: entry.source.id, dueAtMs, state: 'due' });
      return;
    }
    dropAttempt(entry);
    entry.settled = true;
    this.#release(entry);
  }

  /** It goes on the wire: a row is marked as there, by the next flush that finds it so. */
  goesOut(entry: Entry): void {
    if (entry.source.kind !== 'row' || entry.marked || entry.lane.lost) return;
    entry.marked = true;
    entry.lane.onWire(entry.source.id);
    this.#flusher.wake();
  }

  /** It is on the wire for long: a row stands for it from now on. */
  parkOnWire(entry: Entry, id: number): void {
    const { envelope, body, source } = entry;
    if (source.kind === 'row') return;
    const reason = 'on the wire';
    const dueAtMs = this.#options.clock.now();
    entry.lane.exchange(source, {
      id,
      envelope,
      body,
      dueAtMs,
      state: 'wire',
      lastReply: undefined,
      reason,
    });
    entry.source = { kind: 'row', id };
    entry.marked = true;
    this.#flusher.wake();
  }

  /** It belongs to another site by now: it is appended to that site's lane. */
  reroute(entry: Entry, site: string): void {
    const { envelope, body } = entry;
    const route = { ...envelope.route!, site };
    const cause = rerouteCause(entry);
    this.#settle(entry, {
      records: [{ topic: 'outbound', key: site, envelope: { ...envelope, route }, body, cause }],
    });
  }

  /** Some recipients are tried again: by their row, which a record gets now. */
  #retry(entry: Entry, retry: Retry, consequences: Consequences): void {
    const { atMs: dueAtMs, lastReply, reason } = retry;
    if (entry.source.kind === 'log') {
      this.#retryRecord(entry, entry.source, insertOf(entry, retry), consequences);
      return;
    }
    const { id } = entry.source;
    const envelope = { ...entry.envelope, recipients: retry.recipients };
    const update = { id, dueAtMs, state: 'due' as const, envelope, reason };
    this.#putBack(entry, lastReply ? { ...update, lastReply } : update, consequences);
  }

  /** What some recipients have got is written at once; an attempt that brought nothing can be made again. */
  #retryRecord(
    entry: Entry,
    source: LogSource,
    row: ScheduledInsert,
    consequences: Consequences,
  ): void {
    const { inserts = [], events = [] } = consequences;
    if (events.every(isDeferral)) this.#end(entry, (lane) => lane.park(source, row, consequences));
    else this.#settle(entry, { ...consequences, inserts: [row, ...inserts] });
  }

  #putBack(entry: Entry, update: ScheduledUpdate, consequences?: Consequences): void {
    this.#end(entry, (lane) => lane.putBack(update, consequences));
  }

  #settle(entry: Entry, consequences: Consequences): void {
    this.#end(entry, (lane) => lane.settle(entry.source, consequences));
  }

  /** It leaves memory, and its lane writes what it came to; a lane that is lost writes nothing. */
  #end(entry: Entry, write: (lane: OwnedLane) => void): void {
    dropAttempt(entry);
    entry.settled = true;
    this.#release(entry);
    if (entry.lane.lost) return;
    write(entry.lane);
    this.#flusher.settled(entry.lane);
  }

  async #report(
    entry: Entry,
    notify: readonly NotifiedRecipient[],
  ): Promise<
    | {
        readonly notification: NonNullable<ReturnType<typeof notifySender>>;
        readonly causes: ReadonlySet<number>;
      }
    | undefined
  > {
    const wanted = notify.filter((one) => wantsNotification(one.recipient.notify, one.action));
    if (wanted.length === 0 || entry.envelope.reversePath === '') return undefined;
    const { clock, settings } = this.#options;
    const original = await this.#original(entry);
    const notification = notifySender(entry.envelope, wanted, original, {
      hostname: settings.hostname,
      nowMs: clock.now(),
      expiresMs: settings.expiresMs,
    });
    if (!notification) return undefined;
    return { notification, causes: new Set(wanted.map((one) => one.recipient.number)) };
  }

  /** The start of the content; nothing where it cannot be read for long, for an outcome must not be lost over it. */
  async #original(entry: Entry): Promise<Buffer> {
    if (entry.body.bytes) return entry.body.bytes;
    const { log, onError } = this.#options;
    for (let tries = 1; tries <= READ_TRIES_MAX && !entry.lane.lost; tries += 1) {
      try {
        return await firstChunk(log.bodyChunks(entry.body));
      } catch (error) {
        onError(aboutMessage(error, entry.envelope.messageId));
        await new Promise((resolve) => setTimeout(resolve, READ_RETRY_MS));
      }
    }
    return Buffer.alloc(0);
  }

  #count(entry: Entry, { events }: Decision): void {
    const { metrics, clock } = this.#options;
    for (const event of events) {
      metrics.outcome(event.type, 1);
      if (event.type !== 'delivered') continue;
      metrics.delivered(clock.now() - entry.envelope.acceptedAtMs, entry.envelope.bulk);
    }
  }
}

function isDeferral({ type }: MailEvent): boolean {
  return type === 'deferred';
}

/** The row for recipients that are tried again. */
function insertOf({ envelope, body }: Entry, retry: Retry): ScheduledInsert {
  const { recipients, atMs: dueAtMs, lastReply, reason } = retry;
  return { envelope: { ...envelope, recipients }, body, dueAtMs, state: 'due', lastReply, reason };
}

/** What moved is the record or the row: neither comes again once that is settled. */
function rerouteCause({ source, lane, envelope }: Entry): string {
  const place =
    source.kind === 'row'
      ? `row ${source.id}`
      : `lane ${lane.lease.lane} ${source.bulk ? 'bulk' : 'normal'} ${source.position}`;
  return `reroute ${envelope.messageId} ${place}`;
}

/** The header at least: reports hold no more of a large message. */
async function firstChunk(chunks: AsyncIterable<Buffer>): Promise<Buffer> {
  for await (const chunk of chunks) return chunk;
  return Buffer.alloc(0);
}
