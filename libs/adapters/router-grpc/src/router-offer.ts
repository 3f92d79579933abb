import { RouterService } from '@staffetta/contracts';
import type { RouterServer } from '@staffetta/contracts';
import type { Routes } from '@staffetta/core';
import { RequestError, unary } from '@staffetta/grpc';
import type { GrpcOffer, IsAway } from '@staffetta/grpc';
import { toMessage } from './messages.ts';
import { ADDRESSES_MAX } from './methods.ts';

/** Exposes the router's answers by gRPC. */
export class RouterOffer implements GrpcOffer {
  readonly definition = RouterService;
  readonly implementation: RouterServer;

  constructor(routes: Routes, isAway: IsAway) {
    this.implementation = {
      route: unary(async ({ addresses }) => {
        if (addresses.length > ADDRESSES_MAX) {
          throw new RequestError(`more than ${ADDRESSES_MAX} addresses`);
        }
        return { answers: (await routes.route(addresses)).map(toMessage) };
      }, isAway),
    };
  }
}
