import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { status } from '@grpc/grpc-js';
import { HealthClient } from '@staffetta/contracts';
import type { HealthCheckResponse } from '@staffetta/contracts';
import { Scene, HOST, call, offerOf } from './testing/scene.ts';

const NAME = 'staffetta.resolver.v1.Resolver';
const quick = offerOf(async () => 'quick');

const scene = new Scene();
afterEach(() => scene.end());

test('health follows readiness, and tells who watches', async () => {
  let ready = false;
  const { server, port } = await scene.serve(quick, { isReady: () => ready });
  const health = scene.channel({ host: HOST, port }).client(HealthClient);
  const check = (service: string): Promise<string> =>
    new Promise((resolve) => {
      health.check({ service }, (error, response) =>
        resolve(error ? (status[error.code] ?? '') : response.status),
      );
    });
  assert.equal(await check(''), 'NOT_SERVING');
  const watched: string[] = [];
  const watch = health.watch({ service: NAME });
  const seen = Promise.withResolvers<void>();
  const ended = new Promise((resolve) => watch.on('end', resolve));
  watch.on('data', (response: HealthCheckResponse) => {
    watched.push(response.status);
    if (watched.length === 1) ready = true;
    if (watched.length === 2) seen.resolve();
  });
  await seen.promise;
  assert.equal(await check(''), 'SERVING');
  assert.equal(await check(NAME), 'SERVING');
  assert.equal(await check('another.Service'), 'NOT_FOUND');
  await server.drain();
  await ended;
  assert.deepEqual(watched, ['NOT_SERVING', 'SERVING', 'NOT_SERVING']);
});

test('draining waits for calls under way', async () => {
  const hold = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  const { server, port } = await scene.serve(
    offerOf(async () => {
      begun.resolve();
      await hold.promise;
      return 'whole';
    }),
  );
  const channel = scene.channel({ host: HOST, port });
  const answer = call(channel);
  await begun.promise;
  const drained = server.drain();
  hold.resolve();
  assert.equal(await answer, 'whole');
  await drained;
  await assert.rejects(call(channel), { status: 'UNAVAILABLE' });
});

test('a port that is taken is named, as by every door', async () => {
  const { port } = await scene.serve(quick);
  await assert.rejects(scene.serve(quick, { port }), { code: 'EADDRINUSE', port, address: HOST });
});

test('it listens on every address with one port', async () => {
  const { port } = await scene.serve(quick, { addresses: ['127.0.0.1', '127.0.0.2'] });
  for (const host of ['127.0.0.1', '127.0.0.2']) {
    assert.equal(await call(scene.channel({ host, port })), 'quick');
  }
});
