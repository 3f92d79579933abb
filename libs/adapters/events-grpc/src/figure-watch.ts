import { status } from '@grpc/grpc-js';
import type { ClientReadableStream, StatusObject } from '@grpc/grpc-js';
import type { EventsClient, WatchFiguresResponse } from '@staffetta/contracts';
import type { MailFigures } from '@staffetta/core';
import { fromMessage } from './figure-messages.ts';

const REOPEN_MS = { first: 100, most: 1_000 };

type Watcher = (figures: MailFigures) => void;

/** One stream of figures for all who watch, opened again when it ends; none while nobody does. */
export class FigureWatch {
  readonly #client: EventsClient;
  readonly #watchers = new Set<Watcher>();
  #latest: MailFigures | undefined;
  #stream: ClientReadableStream<WatchFiguresResponse> | undefined;
  #reopen: NodeJS.Timeout | undefined;
  #reopenMs = REOPEN_MS.first;

  constructor(client: EventsClient) {
    this.#client = client;
  }

  watch(onFigures: Watcher): () => void {
    this.#watchers.add(onFigures);
    if (this.#latest) onFigures(this.#latest);
    if (!this.#stream && !this.#reopen) this.#open();
    return () => {
      this.#watchers.delete(onFigures);
      if (this.#watchers.size === 0) this.close();
    };
  }

  /** Ends the stream; nobody is told anything any more. */
  close(): void {
    this.#watchers.clear();
    clearTimeout(this.#reopen);
    this.#reopen = undefined;
    this.#latest = undefined;
    this.#stream?.cancel();
    this.#stream = undefined;
  }

  #open(): void {
    this.#reopen = undefined;
    const stream = this.#client.watchFigures({});
    this.#stream = stream;
    stream.on('data', (message: WatchFiguresResponse) => {
      if (this.#stream !== stream) return;
      this.#reopenMs = REOPEN_MS.first;
      this.#tell(fromMessage(message));
    });
    stream.on('status', (state: StatusObject) => this.#left(stream, state));
    // Its status says the same.
    stream.on('error', () => undefined);
  }

  /** A stream that ends in order had its time, or its server drains: the next one tells what is the matter, if anything is. */
  #left(stream: unknown, { code, details }: StatusObject): void {
    if (this.#stream !== stream) return;
    this.#stream = undefined;
    if (code !== status.OK) {
      const reason = `events does not answer: ${status[code]}: ${details}`;
      this.#tell({ kind: 'away', reason });
    }
    if (this.#watchers.size === 0) return;
    this.#reopen = setTimeout(() => this.#open(), this.#reopenMs);
    this.#reopenMs = Math.min(this.#reopenMs * 2, REOPEN_MS.most);
  }

  #tell(figures: MailFigures): void {
    this.#latest = figures;
    for (const watcher of this.#watchers) watcher(figures);
  }
}
