import type {
  EventsView,
  LedgerCheck,
  MailFigures,
  MessageQuery,
  MessageTrace,
  RecipientEvent,
} from '@staffetta/core';

const MESSAGE_ID = '0193e0a5c0007000a000000000000001';

/** A message to so many recipients, each of which was deferred and then delivered. */
export function sampleTrace(recipients: number): MessageTrace {
  const numbers = Array.from({ length: recipients }, (_, index) => index + 1);
  const base = { messageId: MESSAGE_ID, tenantId: 'default' };
  return {
    ...base,
    acceptedAtMs: 1_764_000_000_123,
    reversePath: 'sender@example.test',
    subject: 'Grüße',
    sizeBytes: 12_345,
    listener: 'mx',
    peer: '192.0.2.1',
    credential: '',
    bulk: true,
    recipients: numbers.map((number) => ({
      number,
      address: `${number}@example.test`,
      state: 'delivered',
    })),
    events: numbers.flatMap((recipient): RecipientEvent[] => [
      {
        ...base,
        type: 'deferred',
        recipient,
        atMs: 1_764_000_000_200,
        attempt: 1,
        site: 'mx.example.test',
        reason: 'greylisted',
        uncertain: false,
        nextAttemptAtMs: 1_764_000_300_000,
      },
      {
        ...base,
        type: 'delivered',
        recipient,
        atMs: 1_764_000_301_000,
        attempt: 2,
        reply: {
          code: 250,
          enhanced: '2.0.0',
          text: 'Ok',
          host: 'mx.example.test',
          command: 'DATA',
        },
      },
      {
        ...base,
        type: 'added',
        recipient,
        atMs: 1_764_000_301_000,
        address: 'new@example.test',
        reply: { code: 250, text: '', host: '', command: '' },
        causedMessageId: MESSAGE_ID,
      },
    ]),
  };
}

const LEDGER: LedgerCheck = {
  balanced: false,
  begun: 12_000_000_000,
  ended: 10,
  waiting: 1,
  difference: -3,
  counts: { accepted: 12_000_000_000, delivered: 10 },
  lines: [
    {
      tenantId: 'default',
      hourMs: 1_764_000_000_000,
      counts: { lost: 1 },
      waiting: 1,
      difference: -3,
    },
  ],
  messageIds: [MESSAGE_ID],
};

/** A view that knows what it is given. */
export class KnownEvents implements EventsView {
  readonly traces = new Map<string, MessageTrace>();
  readonly queries: MessageQuery[] = [];
  readonly ledger = LEDGER;
  trouble: Error | undefined;
  readonly #watchers = new Set<(figures: MailFigures) => void>();

  get watchers(): number {
    return this.#watchers.size;
  }

  async message(messageId: string): Promise<MessageTrace | undefined> {
    if (this.trouble) throw this.trouble;
    return this.traces.get(messageId);
  }

  async list(query: MessageQuery): ReturnType<EventsView['list']> {
    this.queries.push(query);
    return [...this.traces.values()].map(
      ({ messageId, tenantId, acceptedAtMs, reversePath, subject, recipients }) => ({
        messageId,
        tenantId,
        acceptedAtMs,
        reversePath,
        subject,
        recipients: recipients.length,
        state: 'delivered',
      }),
    );
  }

  async minutes(count: number): ReturnType<EventsView['minutes']> {
    const counters = { accepted: 5, delivered: 4, deferred: 0.5, bounced: 0 };
    return Array.from({ length: count }, (_, index) => ({ atMs: index * 60_000, ...counters }));
  }

  async check(): Promise<LedgerCheck> {
    if (this.trouble) throw this.trouble;
    return this.ledger;
  }

  watch(onFigures: (figures: MailFigures) => void): () => void {
    this.#watchers.add(onFigures);
    onFigures(figuresOf(1));
    return () => this.#watchers.delete(onFigures);
  }

  tell(figures: MailFigures): void {
    for (const watcher of this.#watchers) watcher(figures);
  }
}

export function figuresOf(accepted: number): MailFigures {
  const rates = { accepted, delivered: 1.5, deferred: 0, bounced: 0 };
  return {
    kind: 'figures',
    rates,
    ledger: { balanced: true, difference: 0, at: 1_764_000_000_000 },
  };
}
