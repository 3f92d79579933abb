import { systemClock } from '@staffetta/core';
import { GrpcChannel, GrpcServer } from '@staffetta/grpc';
import { DnsMxResolver } from '@staffetta/service-resolver';
import { remoteMxResolverContract, zoneDns } from '@staffetta/testing';
import { GrpcMxResolver } from './grpc-mx-resolver.ts';
import { RESOLVER_METHODS } from './methods.ts';
import { ResolverOffer } from './resolver-offer.ts';

const HOST = '127.0.0.1';
const DEADLINE_MS = 1_500;

remoteMxResolverContract('through gRPC', async (zone) => {
  const serve = (): GrpcServer => {
    const found = new DnsMxResolver({ dns: zoneDns(zone), clock: systemClock });
    const offers = [new ResolverOffer(found, systemClock)];
    return new GrpcServer({ addresses: [HOST], port, offers, isReady: () => true });
  };
  let port = 0;
  let server = serve();
  port = await server.start();
  const channel = new GrpcChannel({ targets: { host: HOST, port }, methods: RESOLVER_METHODS });
  const resolver = new GrpcMxResolver({ channel, clock: systemClock, deadlineMs: DEADLINE_MS });
  return {
    resolver,
    cut: () => server.stop(),
    restore: async () => {
      server = serve();
      await server.start();
    },
    stop: async () => {
      resolver.close();
      channel.close();
      await server.stop();
    },
  };
});
