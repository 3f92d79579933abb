import { RouterClient } from '@staffetta/contracts';
import type { RouteResponse } from '@staffetta/contracts';
import type { RouteAnswer, Routes } from '@staffetta/core';
import { ask } from '@staffetta/grpc';
import type { GrpcChannel } from '@staffetta/grpc';
import { fromMessage } from './messages.ts';

/** The router in another process. */
export class GrpcRoutes implements Routes {
  readonly #client: RouterClient;

  /** `channel` is made with ROUTER_METHODS. */
  constructor(channel: GrpcChannel) {
    this.#client = channel.client(RouterClient);
  }

  async route(addresses: readonly string[]): Promise<readonly RouteAnswer[]> {
    const { answers } = await ask<RouteResponse>('router', (done) =>
      this.#client.route({ addresses }, done),
    );
    return answers.map(fromMessage);
  }
}
