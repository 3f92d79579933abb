import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { EventsClient, EventsService, ResolverService } from '@staffetta/contracts';
import { ServiceUnavailable } from '@staffetta/core';
import { askParts } from './ask.ts';
import type { CallObserver } from './observe-calls.ts';
import type { GrpcOffer } from './offer.ts';
import { streaming } from './streaming.ts';
import { HOST, Scene, call, offerOf } from './testing/scene.ts';

const scene = new Scene();
afterEach(() => scene.end());

interface Seen extends CallObserver {
  readonly calls: string[];
  next(): Promise<void>;
}

function seeing(): Seen {
  const calls: string[] = [];
  let waiting = Promise.withResolvers<void>();
  return {
    calls,
    next: () => waiting.promise,
    ended(method, code, seconds) {
      assert.ok(seconds >= 0 && seconds < 10);
      calls.push(`${method} ${code}`);
      waiting.resolve();
      waiting = Promise.withResolvers();
    },
  };
}

/** A service that streams what a generator gives. */
function partsOf(parts: (signal: AbortSignal) => AsyncIterable<string>): GrpcOffer {
  return {
    definition: { watchFigures: EventsService.watchFigures },
    implementation: {
      watchFigures: streaming(async function* (_, signal) {
        for await (const value of parts(signal)) yield { figures: { $case: 'away', value } };
      }),
    },
  };
}

test('each call is told once at both ends, with its method and code', async () => {
  const [server, client] = [seeing(), seeing()];
  const offer = offerOf(async (domain) => {
    if (domain === 'wrong') throw new Error('a bug');
    return 'right';
  });
  const { port } = await scene.serve(offer, { observer: server });
  const channel = scene.channel({ host: HOST, port }, { observer: client });
  await call(channel, 'right');
  await assert.rejects(call(channel, 'wrong'));
  const { path } = ResolverService.resolve;
  assert.deepEqual(server.calls, [`${path} OK`, `${path} INTERNAL`]);
  assert.deepEqual(client.calls, server.calls);
});

test('a method that is not offered makes no label', async () => {
  const server = seeing();
  const { port } = await scene.serve(
    partsOf(async function* () {}),
    { observer: server },
  );
  await assert.rejects(call(scene.channel({ host: HOST, port })), { status: 'UNIMPLEMENTED' });
  assert.deepEqual(server.calls, []);
});

test('a stream gives all its parts, and ends for both when it is left', async () => {
  const server = seeing();
  const left = Promise.withResolvers<void>();
  let parts = 0;
  const offer = partsOf(async function* (signal) {
    signal.addEventListener('abort', () => left.resolve());
    while (parts < 3) yield `part ${++parts}`;
  });
  const { port } = await scene.serve(offer, { observer: server });
  const client = scene.channel({ host: HOST, port }).client(EventsClient);
  const got = await askParts('events', client.watchFigures({}));
  assert.deepEqual(
    got.map(({ figures }) => figures?.value),
    ['part 1', 'part 2', 'part 3'],
  );
  parts = Number.NEGATIVE_INFINITY;
  const told = server.next();
  const endless = client.watchFigures({});
  endless.on('error', () => undefined);
  endless.once('data', () => endless.cancel());
  await left.promise;
  await told;
  const { path } = EventsService.watchFigures;
  assert.deepEqual(server.calls, [`${path} OK`, `${path} CANCELLED`]);
});

test('a stream that fails is an error of the service; what is away may be asked again', async () => {
  const offer = partsOf(async function* () {
    yield 'first';
    throw new ServiceUnavailable('ledger', 'gone');
  });
  const { port } = await scene.serve(offer);
  const client = scene.channel({ host: HOST, port }).client(EventsClient);
  await assert.rejects(askParts('events', client.watchFigures({})), {
    name: 'ServiceUnavailable',
    service: 'events',
    message: 'events does not answer: UNAVAILABLE: ledger does not answer',
  });
});
