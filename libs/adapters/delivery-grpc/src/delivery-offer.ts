import { DeliveryService } from '@staffetta/contracts';
import type { DeliveryServer } from '@staffetta/contracts';
import type { DeliveryFilter, DeliveryView } from '@staffetta/core';
import { streaming } from '@staffetta/grpc';
import type { GrpcOffer } from '@staffetta/grpc';
import { ITEMS_MAX, ITEMS_PER_MESSAGE_MAX } from './methods.ts';

/** Exposes what a delivery worker is at by gRPC. */
export class DeliveryOffer implements GrpcOffer {
  readonly definition = DeliveryService;
  readonly implementation: DeliveryServer;

  constructor(view: DeliveryView) {
    this.implementation = {
      listQueues: streaming(async function* (request) {
        const queues = await view.queues(filterOf(request));
        for (const part of parts(queues)) yield { queues: part };
      }),
      listConnections: streaming(async function* (request) {
        const connections = await view.connections(filterOf(request));
        for (const part of parts(connections)) yield { connections: part };
      }),
    };
  }
}

function filterOf(request: {
  readonly site?: string | undefined;
  readonly limit: number;
}): DeliveryFilter {
  const limit = Math.min(request.limit, ITEMS_MAX);
  return { limit, ...(request.site === undefined ? {} : { site: request.site }) };
}

function* parts<Item>(items: readonly Item[]): Iterable<readonly Item[]> {
  for (let from = 0; from < items.length; from += ITEMS_PER_MESSAGE_MAX) {
    yield items.slice(from, from + ITEMS_PER_MESSAGE_MAX);
  }
}
