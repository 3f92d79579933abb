import { DeliveryClient } from '@staffetta/contracts';
import type { DeliveryFilter, DeliveryView, OpenConnection, ReadyQueue } from '@staffetta/core';
import { askParts } from '@staffetta/grpc';
import type { GrpcChannel } from '@staffetta/grpc';

const SERVICE = 'delivery';

/** One delivery worker in another process. Rejects with ServiceUnavailable where it does not answer in time. */
export class GrpcDeliveryView implements DeliveryView {
  readonly #client: DeliveryClient;

  /** `channel` is made with DELIVERY_METHODS. */
  constructor(channel: GrpcChannel) {
    this.#client = channel.client(DeliveryClient);
  }

  async queues(filter: DeliveryFilter): Promise<readonly ReadyQueue[]> {
    const parts = await askParts(SERVICE, this.#client.listQueues(filter));
    return parts.flatMap(({ queues }) =>
      queues.map(({ restUntilMs, ...queue }) => ({ ...queue, restUntilMs })),
    );
  }

  async connections(filter: DeliveryFilter): Promise<readonly OpenConnection[]> {
    const parts = await askParts(SERVICE, this.#client.listConnections(filter));
    return parts.flatMap(({ connections }) =>
      connections.map(({ messageId, ...connection }) => ({ ...connection, messageId })),
    );
  }
}
