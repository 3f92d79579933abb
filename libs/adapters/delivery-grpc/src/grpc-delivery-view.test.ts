import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import type { DeliveryFilter, DeliveryView, OpenConnection, ReadyQueue } from '@staffetta/core';
import { GrpcChannel, GrpcServer } from '@staffetta/grpc';
import { DeliveryOffer } from './delivery-offer.ts';
import { GrpcDeliveryView } from './grpc-delivery-view.ts';
import { DELIVERY_METHODS } from './methods.ts';

const HOST = '127.0.0.1';
const QUEUES = 1_203;
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

/** A worker with many sites, every other of which rests. */
class KnownWorker implements DeliveryView {
  readonly filters: DeliveryFilter[] = [];
  hangs = false;

  async queues(filter: DeliveryFilter): Promise<readonly ReadyQueue[]> {
    this.filters.push(filter);
    if (this.hangs) await new Promise(() => undefined);
    return Array.from({ length: QUEUES }, (_, index) => ({
      site: `mx${index}.example.test`,
      ready: index,
      onWire: 2,
      connections: 3,
      lastReply: '451 4.7.1 Später',
      restUntilMs: index % 2 === 0 ? undefined : 1_764_000_000_000,
    }));
  }

  async connections(filter: DeliveryFilter): Promise<readonly OpenConnection[]> {
    this.filters.push(filter);
    const one = { site: 's', host: 'mx', address: '2001:db8::1', port: 25, messagesSent: 4 };
    return [
      { ...one, openedAtMs: 1_764_000_000_000, messageId: '0193e0a5c0007000a000000000000001' },
      { ...one, openedAtMs: 1_764_000_000_001, messageId: undefined },
    ];
  }
}

async function scene(): Promise<{ known: KnownWorker; view: GrpcDeliveryView }> {
  const known = new KnownWorker();
  const offers = [new DeliveryOffer(known)];
  const server = new GrpcServer({ addresses: [HOST], port: 0, offers, isReady: () => true });
  const port = await server.start();
  ends.push(() => server.stop());
  const channel = new GrpcChannel({ targets: { host: HOST, port }, methods: DELIVERY_METHODS });
  ends.push(() => channel.close());
  return { known, view: new GrpcDeliveryView(channel) };
}

test('queues and connections arrive as they are, whatever their number', async () => {
  const { known, view } = await scene();
  const filter = { site: 'mx1.example.test', limit: 7 };
  assert.deepEqual(await view.queues(filter), await known.queues(filter));
  assert.deepEqual(await view.connections({ limit: 99_999 }), await known.connections(filter));
  assert.deepEqual(known.filters[0], filter);
  assert.deepEqual(known.filters[2], { limit: 10_000 });
});

test('a worker that hangs is given up', async () => {
  const { known, view } = await scene();
  known.hangs = true;
  await assert.rejects(view.queues({ limit: 1 }), {
    name: 'ServiceUnavailable',
    message: /^delivery does not answer: DEADLINE_EXCEEDED/,
  });
});
