/** What the contract cannot see: streams and instances. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { ResolverClient } from '@staffetta/contracts';
import type { MxAnswer, MxResolver } from '@staffetta/core';
import { systemClock } from '@staffetta/core';
import { GrpcChannel, GrpcServer, TargetList } from '@staffetta/grpc';
import type { GrpcTarget } from '@staffetta/grpc';
import { FaultyProxy } from '@staffetta/testing';
import { GrpcMxResolver } from './grpc-mx-resolver.ts';
import { RESOLVER_METHODS } from './methods.ts';
import { ResolverOffer } from './resolver-offer.ts';

const HOST = '127.0.0.1';
const ROUNDS = 20;

const ends: (() => unknown)[] = [];
after(async () => {
  for (const end of ends.toReversed()) await end();
});

/** A server whose answers say who gave them; `hold` keeps them back. */
async function instance(name: string, hold?: Promise<void>) {
  const answer: MxAnswer = { kind: 'temporary', reason: name };
  let asked = 0;
  const resolver: MxResolver = {
    async resolve() {
      asked++;
      await hold;
      return answer;
    },
    stats: () => ({ entries: 0, hits: 0, misses: 0, questions: 0, failures: 0 }),
  };
  const offers = [new ResolverOffer(resolver, systemClock)];
  const server = new GrpcServer({ addresses: [HOST], port: 0, offers, isReady: () => true });
  const target: GrpcTarget = { host: HOST, port: await server.start() };
  ends.push(() => server.stop());
  return { server, target, asked: () => asked };
}

function client(targets: TargetList, streamLifeMs: number): GrpcMxResolver {
  const channel = new GrpcChannel({ targets, methods: RESOLVER_METHODS });
  const resolver = new GrpcMxResolver({ channel, clock: systemClock, streamLifeMs });
  ends.push(
    () => channel.close(),
    () => resolver.close(),
  );
  return resolver;
}

async function reason(resolver: MxResolver): Promise<string> {
  const answer = await resolver.resolve('example.test');
  return answer.kind === 'temporary' ? answer.reason : answer.kind;
}

test('new streams go round the instances, and find one that came later', async () => {
  const [one, two] = [await instance('one'), await instance('two')];
  const targets = new TargetList('resolver', [one.target]);
  const resolver = client(targets, 0);
  assert.equal(await reason(resolver), 'one');
  targets.set([one.target, two.target]);
  const seen = new Set<string>();
  while (seen.size < 2) seen.add(await reason(resolver));
  targets.set([two.target]);
  while ((await reason(resolver)) !== 'two');
  for (let round = 0; round < ROUNDS; round++) assert.equal(await reason(resolver), 'two');
});

test('an instance that drains answers what is open; new questions go to another', async () => {
  const hold = Promise.withResolvers<void>();
  const [leaves, stays] = [await instance('leaves', hold.promise), await instance('stays')];
  const targets = new TargetList('resolver', [leaves.target]);
  const resolver = client(targets, 60_000);
  const open = reason(resolver);
  while (leaves.asked() === 0) await new Promise(setImmediate);
  targets.set([stays.target]);
  const drained = leaves.server.drain();
  hold.resolve();
  assert.equal(await open, 'leaves');
  await drained;
  assert.equal(await reason(resolver), 'stays');
});

test('what an instance was asked that falls silent, another one answers within the deadline', async () => {
  const [silent, sound] = [await instance('silent'), await instance('sound')];
  const proxy = await FaultyProxy.start(silent.target);
  ends.push(() => proxy.close());
  const targets = new TargetList('resolver', [{ host: HOST, port: proxy.port }]);
  const resolver = client(targets, 60_000);
  assert.equal(await reason(resolver), 'silent');
  proxy.hold();
  const asked = reason(resolver);
  targets.set([{ host: HOST, port: proxy.port }, sound.target]);
  assert.equal(await asked, 'sound');
});

test('while nobody can be reached, what is kept serves for its TTL, at once', async () => {
  const TTL_MS = 60_000;
  const clock = { nowMs: 1_000_000, now: () => clock.nowMs };
  const hosts = [{ name: 'mx.test', preference: 0, addresses: [] }];
  const known = { kind: 'hosts', site: 'mx.test', hosts, implicit: true } as const;
  const resolver: MxResolver = {
    resolve: async () => ({ ...known, expiresAtMs: clock.nowMs + TTL_MS }),
    stats: () => ({ entries: 0, hits: 0, misses: 0, questions: 0, failures: 0 }),
  };
  const offers = [new ResolverOffer(resolver, clock)];
  const server = new GrpcServer({ addresses: [HOST], port: 0, offers, isReady: () => true });
  const targets: GrpcTarget = { host: HOST, port: await server.start() };
  const channel = new GrpcChannel({ targets, methods: RESOLVER_METHODS });
  const remote = new GrpcMxResolver({ channel, clock, deadlineMs: 200 });
  ends.push(
    () => channel.close(),
    () => remote.close(),
  );
  assert.equal((await remote.resolve('example.test')).kind, 'hosts');
  await server.stop();
  clock.nowMs += TTL_MS - 1;
  // The first one learns that nobody answers; the next ones know.
  assert.equal((await remote.resolve('example.test')).kind, 'hosts');
  const begin = performance.now();
  assert.equal((await remote.resolve('example.test')).kind, 'hosts');
  assert.ok(performance.now() - begin < 100);
  clock.nowMs += 1;
  assert.equal((await remote.resolve('example.test')).kind, 'temporary');
});

test('without any instance the answer is temporary, and says so', async () => {
  const channel = new GrpcChannel({
    targets: new TargetList('resolver'),
    methods: RESOLVER_METHODS,
  });
  const resolver = new GrpcMxResolver({ channel, clock: systemClock, deadlineMs: 200 });
  ends.push(
    () => channel.close(),
    () => resolver.close(),
  );
  assert.match(await reason(resolver), /no instance is known/);
});

test('the unary call gives the same answer', async () => {
  const one = await instance('one');
  const channel = new GrpcChannel({ targets: one.target, methods: RESOLVER_METHODS });
  ends.push(() => channel.close());
  const answer = await new Promise((resolve, reject) => {
    channel
      .client(ResolverClient)
      .resolve({ domain: 'example.test' }, (error, response) =>
        error ? reject(error) : resolve(response),
      );
  });
  assert.deepEqual(answer, {
    answer: { answer: { $case: 'temporary', value: { reason: 'one' } } },
  });
});

test('closed, it answers what is open and all later questions', async () => {
  const one = await instance('one', new Promise(() => undefined));
  const resolver = client(new TargetList('resolver', [one.target]), 60_000);
  const open = reason(resolver);
  while (one.asked() === 0) await new Promise(setImmediate);
  resolver.close();
  assert.match(await open, /closed/);
  assert.match(await reason(resolver), /closed/);
});
