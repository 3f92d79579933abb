/** Which delivery workers are asked; on a real table of instances. */
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import type { DeliveryView } from '@staffetta/core';
import { DeliveryOffer } from '@staffetta/delivery-grpc';
import { GrpcServer } from '@staffetta/grpc';
import { Metrics, loadConfig } from '@staffetta/platform';
import { Database, InstanceRegistry, migrate } from '@staffetta/postgres';
import { startTestDatabase } from '@staffetta/testing';
import type { TestDatabase } from '@staffetta/testing';
import { AllWorkers } from './all-workers.ts';
import { grpcMetrics } from './grpc-metrics.ts';
import { RegisteredWorkers } from './registered-workers.ts';

const HOST = '127.0.0.1';

let testDatabase: TestDatabase;
let database: Database;
const ends: (() => unknown)[] = [];

before(async () => {
  testDatabase = await startTestDatabase();
  database = new Database({ url: testDatabase.url, connectionsMax: 2, applicationName: 'test' });
  await migrate(database);
});

afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

after(async () => {
  await database.close();
  await testDatabase.drop();
});

/** A worker whose one site says which one it is. */
function named(site: string): DeliveryView {
  const idle = { ready: 1, onWire: 0, connections: 0, lastReply: '', restUntilMs: undefined };
  return { queues: async () => [{ site, ...idle }], connections: async () => [] };
}

async function serve(view: DeliveryView): Promise<{ port: number; server: GrpcServer }> {
  const offers = [new DeliveryOffer(view)];
  const server = new GrpcServer({ addresses: [HOST], port: 0, offers, isReady: () => true });
  const port = await server.start();
  ends.push(() => server.stop());
  return { port, server };
}

async function register(id: string, port: number | undefined): Promise<InstanceRegistry> {
  const info = { dataFolder: id, services: ['delivery'], host: 'here', version: '0' };
  const registry = new InstanceRegistry(database, { id, ...info, telemetryPort: 0 });
  await registry.register();
  const grpc = port === undefined ? undefined : { host: HOST, port };
  await registry.heartbeat({ ready: true, directoryVersion: 0, report: {}, grpc });
  ends.push(() => registry.unregister());
  return registry;
}

test('each worker is asked, and one that cannot be is a gap', async () => {
  const config = loadConfig({}, import.meta.dirname);
  const observer = grpcMetrics(new Metrics(), 'client');
  const registered = new RegisteredWorkers({ config, database, tls: undefined, observer });
  ends.push(() => registered.close());
  const workers = new AllWorkers(() => registered.workers);
  const ask = async (): Promise<readonly string[]> => {
    await registered.look();
    const answers = await workers.queues({ limit: 10 });
    return answers.map((answer) =>
      answer.kind === 'answer'
        ? `${answer.worker}: ${answer.values.map(({ site }) => site).join()}`
        : `${answer.worker} is away: ${answer.reason}`,
    );
  };
  assert.deepEqual(await ask(), []);
  await register('a', (await serve(named('one'))).port);
  const two = await serve(named('two'));
  const b = await register('b', two.port);
  await register('c', undefined);
  const silent = 'c is away: it does not answer gRPC: grpc.port is 0 there';
  assert.deepEqual(await ask(), ['a: one', 'b: two', silent]);

  await two.server.stop();
  const [a, away] = await ask();
  assert.equal(a, 'a: one');
  assert.match(away ?? '', /^b is away: delivery does not answer: UNAVAILABLE/);
  await b.unregister();
  assert.deepEqual(await ask(), ['a: one', silent]);
});
