import { EventsService } from '@staffetta/contracts';
import type { EventsServer, ListMessagesRequest } from '@staffetta/contracts';
import type { EventsView, MessageQuery } from '@staffetta/core';
import { streaming, unary } from '@staffetta/grpc';
import type { GrpcOffer, IsAway } from '@staffetta/grpc';
import { figureStream } from './figure-stream.ts';
import { toParts } from './trace-messages.ts';
import { toMessage } from './figure-messages.ts';

/** Exposes the answers of the events service by gRPC. */
export class EventsOffer implements GrpcOffer {
  readonly definition = EventsService;
  readonly implementation: EventsServer;
  readonly #draining = new AbortController();

  constructor(view: EventsView, isAway: IsAway) {
    const draining = this.#draining.signal;
    this.implementation = {
      getMessage: streaming(async function* ({ messageId }) {
        const trace = await view.message(messageId);
        if (trace) yield* toParts(trace);
      }, isAway),
      listMessages: unary(
        async (request) => ({ messages: await view.list(queryOf(request)) }),
        isAway,
      ),
      listMinutes: unary(async ({ count }) => ({ minutes: await view.minutes(count) }), isAway),
      checkLedger: unary(async () => {
        const check = await view.check();
        return { ...check, counts: { ...check.counts } };
      }, isAway),
      watchFigures: streaming(async function* (_, signal) {
        for await (const figures of figureStream(view, AbortSignal.any([signal, draining]))) {
          yield toMessage(figures);
        }
      }),
    };
  }

  /** Streams of figures end: who watches asks another instance. */
  drain(): void {
    this.#draining.abort();
  }
}

function queryOf(request: ListMessagesRequest): MessageQuery {
  const { tenantId, state, site, beforeId, limit } = request;
  return {
    limit,
    ...(tenantId !== undefined && { tenantId }),
    ...(state !== undefined && { state }),
    ...(site !== undefined && { site }),
    ...(beforeId !== undefined && { beforeId }),
  };
}
