import type {
  EventsView,
  Ledger,
  LedgerCheck,
  MailFigures,
  MessageQuery,
  MessageSummary,
  MessageTrace,
  MinuteCounters,
  Trace,
} from '@staffetta/core';
import type { FigureFeed } from './figure-feed.ts';

/** What the events service answers, from where it is kept. */
export class EventsDesk implements EventsView {
  readonly #trace: Trace;
  readonly #ledger: Ledger;
  readonly #figures: FigureFeed;

  constructor(trace: Trace, ledger: Ledger, figures: FigureFeed) {
    this.#trace = trace;
    this.#ledger = ledger;
    this.#figures = figures;
  }

  message(messageId: string): Promise<MessageTrace | undefined> {
    return this.#trace.message(messageId);
  }

  list(query: MessageQuery): Promise<readonly MessageSummary[]> {
    return this.#trace.list(query);
  }

  minutes(count: number): Promise<readonly MinuteCounters[]> {
    return this.#trace.minutes(count);
  }

  check(): Promise<LedgerCheck> {
    return this.#ledger.check();
  }

  watch(onFigures: (figures: MailFigures) => void): () => void {
    return this.#figures.watch(onFigures);
  }
}
