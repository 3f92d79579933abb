import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { RouteAnswer, Routes } from '@staffetta/core';
import { GrpcChannel, GrpcServer } from '@staffetta/grpc';
import { GrpcRoutes } from './grpc-routes.ts';
import { ROUTER_METHODS } from './methods.ts';
import { RouterOffer } from './router-offer.ts';

const HOST = '127.0.0.1';
const ENDS: RouteAnswer['ends'] = [
  { kind: 'local', address: 'ada@local.test', accountId: '7' },
  {
    kind: 'remote',
    address: 'bob@remote.test',
    domain: 'remote.test',
    site: 'mx.remote.test',
    nextHop: '',
    relay: true,
  },
  {
    kind: 'refused',
    address: 'nobody@local.test',
    reply: {
      code: 550,
      enhanced: '5.1.1',
      text: 'No such user here',
      host: '',
      command: 'RCPT TO',
    },
  },
];
const known: Routes = {
  route: async (addresses) => {
    if (addresses[0] === 'away') throw new Error('the database');
    return addresses.map((address) => ({ address, aliases: ['all@local.test'], ends: ENDS }));
  },
};
const isAway = (error: unknown): boolean => (error as Error).message === 'the database';
const offers = [new RouterOffer(known, isAway)];
const server = new GrpcServer({ addresses: [HOST], port: 0, offers, isReady: () => true });
const port = await server.start();
const channel = new GrpcChannel({ targets: { host: HOST, port }, methods: ROUTER_METHODS });
const routes = new GrpcRoutes(channel);
after(async () => {
  channel.close();
  await server.stop();
});

test('answers arrive as they were given, in order', async () => {
  const addresses = ['all@local.test', 'b'];
  assert.deepEqual(await routes.route(addresses), await known.route(addresses));
});

test('too many addresses are refused; a database that is away may be asked again', async () => {
  const many = Array.from({ length: 101 }, () => 'a');
  await assert.rejects(routes.route(many), {
    name: 'RemoteError',
    message: 'INVALID_ARGUMENT: more than 100 addresses',
  });
  await assert.rejects(routes.route(['away']), { name: 'ServiceUnavailable', service: 'router' });
});
