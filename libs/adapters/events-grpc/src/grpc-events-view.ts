import { EventsClient } from '@staffetta/contracts';
import type {
  CheckLedgerResponse,
  ListMessagesResponse,
  ListMinutesResponse,
} from '@staffetta/contracts';
import type {
  EventsView,
  LedgerCheck,
  MailFigures,
  MessageQuery,
  MessageSummary,
  MessageTrace,
  MinuteCounters,
} from '@staffetta/core';
import { ask, askParts } from '@staffetta/grpc';
import type { GrpcChannel } from '@staffetta/grpc';
import { FigureWatch } from './figure-watch.ts';
import { fromParts } from './trace-messages.ts';

const SERVICE = 'events';

/** The events service in another process. */
export class GrpcEventsView implements EventsView {
  readonly #client: EventsClient;
  readonly #figures: FigureWatch;

  /** `channel` is made with EVENTS_METHODS. */
  constructor(channel: GrpcChannel) {
    this.#client = channel.client(EventsClient);
    this.#figures = new FigureWatch(this.#client);
  }

  async message(messageId: string): Promise<MessageTrace | undefined> {
    return fromParts(await askParts(SERVICE, this.#client.getMessage({ messageId })));
  }

  async list(query: MessageQuery): Promise<readonly MessageSummary[]> {
    const { messages } = await ask<ListMessagesResponse>(SERVICE, (done) =>
      this.#client.listMessages(query, done),
    );
    return messages;
  }

  async minutes(count: number): Promise<readonly MinuteCounters[]> {
    const { minutes } = await ask<ListMinutesResponse>(SERVICE, (done) =>
      this.#client.listMinutes({ count }, done),
    );
    return minutes;
  }

  async check(): Promise<LedgerCheck> {
    return ask<CheckLedgerResponse>(SERVICE, (done) => this.#client.checkLedger({}, done));
  }

  watch(onFigures: (figures: MailFigures) => void): () => void {
    return this.#figures.watch(onFigures);
  }

  /** Ends the watching. The channel is its maker's to close. */
  close(): void {
    this.#figures.close();
  }
}
