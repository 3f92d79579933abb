/** Who is asked, by what is configured and registered; on a real table of instances. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { systemClock } from '@staffetta/core';
import type { MxResolver } from '@staffetta/core';
import { GrpcServer } from '@staffetta/grpc';
import { Metrics, loadConfig } from '@staffetta/platform';
import type { ServiceName } from '@staffetta/platform';
import { Database, InstanceRegistry, migrate } from '@staffetta/postgres';
import { ResolverOffer } from '@staffetta/resolver-grpc';
import { startTestDatabase } from '@staffetta/testing';
import type { TestDatabase } from '@staffetta/testing';
import { chooseResolver } from './choose-resolver.ts';
import type { ChosenResolver } from './choose-resolver.ts';
import { grpcMetrics } from './grpc-metrics.ts';

const HOST = '127.0.0.1';

let testDatabase: TestDatabase;
let database: Database;
let server: GrpcServer;
let port: number;

before(async () => {
  testDatabase = await startTestDatabase();
  database = new Database({ url: testDatabase.url, connectionsMax: 2, applicationName: 'test' });
  await migrate(database);
  const offers = [new ResolverOffer(named('remote'), systemClock)];
  server = new GrpcServer({ addresses: [HOST], port: 0, offers, isReady: () => true });
  port = await server.start();
});

after(async () => {
  await server.stop();
  await database.close();
  await testDatabase.drop();
});

/** A resolver whose answers say which one it is. */
function named(reason: string): MxResolver {
  return {
    resolve: async () => ({ kind: 'temporary', reason }),
    stats: () => ({ entries: 0, hits: 0, misses: 0, questions: 0, failures: 0 }),
  };
}

function choose(
  services: readonly ServiceName[],
  env: Record<string, string> = {},
): ChosenResolver {
  const config = loadConfig(env, import.meta.dirname);
  const observer = grpcMetrics(new Metrics(), 'client');
  const own = named('own');
  return chooseResolver({ config, services, own, database, tls: undefined, observer });
}

async function asked({ resolver }: ChosenResolver): Promise<string> {
  const answer = await resolver.resolve('example.test');
  return answer.kind === 'temporary' ? answer.reason : answer.kind;
}

test('the resolver that is configured', async () => {
  const chosen = choose(['router'], { STAFFETTA_GRPC_TARGETS_RESOLVER: `${HOST}:${port}` });
  assert.equal(await asked(chosen), 'remote');
  chosen.close();
});

test('its own, in a process with a resolver', async () => {
  const env = { STAFFETTA_GRPC_TARGETS_RESOLVER: `${HOST}:${port}` };
  assert.equal(await asked(choose(['router', 'resolver'], env)), 'own');
});

test('the one that is registered, while it is ready', async () => {
  const chosen = choose(['delivery']);
  await chosen.look();
  assert.equal(await asked(chosen), 'own');

  const registry = new InstanceRegistry(database, {
    id: 'a',
    dataFolder: 'here',
    services: ['resolver'],
    host: 'here',
    version: '0',
    telemetryPort: 0,
  });
  await registry.register();
  const life = { directoryVersion: 0, report: {}, grpc: { host: HOST, port } };
  await registry.heartbeat({ ...life, ready: false });
  await chosen.look();
  assert.equal(await asked(chosen), 'own');

  await registry.heartbeat({ ...life, ready: true });
  await chosen.look();
  assert.equal(await asked(chosen), 'remote');

  await registry.heartbeat({ ...life, ready: true, grpc: undefined });
  await chosen.look();
  assert.equal(await asked(chosen), 'own');
  await registry.unregister();
  chosen.close();
});
