import { newMessageId, systemClock, systemRandom } from '@staffetta/core';
import type { MxResolver } from '@staffetta/core';
import {
  Database,
  InstanceRegistry,
  PostgresDeliveryStore,
  PostgresLanes,
  PostgresLog,
  migrate,
} from '@staffetta/postgres';
import { Delivery } from '@staffetta/service-delivery';
import type { DeliverySettings } from '@staffetta/service-delivery';
import { createSmtpConnector } from '@staffetta/smtp-client';
import { sampleEnvelope, sampleRecord, startTestDatabase } from '@staffetta/testing';
import type { FaultyProxy, HoldingSmtpSink, TestDatabase } from '@staffetta/testing';

const LANES = 2;
const CONNECTIONS_MAX = 6;
const SETTINGS: DeliverySettings = {
  hostname: 'relay.test',
  ownAddresses: new Set(),
  remotePort: 25,
  allowLoopback: true,
  retryMinMs: 200,
  retryMaxMs: 400,
  expiresMs: 3_600_000,
  connectionsPerSiteMax: 3,
  messagesPerSecondPerSite: 0,
  connectionsMax: 100,
  messagesPerConnectionMax: 100,
  idleMs: 5_000,
  readyPerSiteMax: 1_000,
  memoryBytes: 64 * 1024 * 1024,
  handOverMs: 300,
  drainMs: 20_000,
  delayNoticeMs: 0,
};

/** Mail goes to next hops by address: nobody is asked. */
const NOBODY: MxResolver = {
  resolve: async () => ({ kind: 'no-such-domain' }),
  stats: () => ({ hits: 0, misses: 0, entries: 0, questions: 0, failures: 0 }),
};

/** A delivery worker with its own connections to the database, as a process of its own has them. */
export interface TestWorker {
  readonly delivery: Delivery;
  /** A connection to the database that can be held. */
  readonly proxy: FaultyProxy;
  readonly database: Database;
  /** Its process is gone, as the database sees it. */
  leave(): Promise<void>;
}

/** Delivery workers on one PostgreSQL, and mail for sinks. */
export class TestWorkers {
  readonly database: Database;
  readonly #log: PostgresLog;
  readonly #testDatabase: TestDatabase;
  readonly #ends: (() => Promise<void>)[] = [];

  private constructor(testDatabase: TestDatabase) {
    this.#testDatabase = testDatabase;
    this.database = databaseOf(testDatabase.url);
    this.#log = new PostgresLog({ database: this.database, outboundLanes: LANES });
  }

  static async start(): Promise<TestWorkers> {
    const workers = new TestWorkers(await startTestDatabase());
    await migrate(workers.database);
    await workers.#log.prepare(LANES, 1, 1);
    return workers;
  }

  /** A worker that runs and counts as living; leases last as long as told. */
  async worker(change: Partial<DeliverySettings> = {}, leaseMs = 10_000): Promise<TestWorker> {
    const id = newMessageId();
    const { proxy, url } = await this.#testDatabase.faulty();
    const database = databaseOf(url);
    const log = new PostgresLog({ database, outboundLanes: LANES });
    const registry = await register(this.database, id);
    const delivery = new Delivery({
      log,
      lanes: new PostgresLanes(database, { leaseMs }),
      store: new PostgresDeliveryStore(database, log),
      resolver: NOBODY,
      connector: createSmtpConnector(),
      clock: systemClock,
      random: systemRandom,
      owner: id,
      settings: { ...SETTINGS, ...change },
      metrics: { outcome: () => undefined, delivered: () => undefined },
      onError: () => undefined,
    });
    await delivery.start();
    const leave = once(() => registry.unregister());
    this.#ends.push(async () => {
      proxy.release();
      await delivery.stop();
      await leave();
      await log.watchers.close();
      await log.idle().catch(() => undefined);
      await database.close();
      await proxy.close();
    });
    return { delivery, proxy, database, leave };
  }

  /** Mail to a sink, one message for each name; the names are the recipients. */
  async mail(sink: HoldingSmtpSink, names: readonly string[]): Promise<void> {
    const site = `127.0.0.1:${sink.port}`;
    const route = { site, domain: '', nextHop: site, relay: false };
    const records = names.map((name) => {
      const [recipient] = sampleEnvelope().recipients;
      const recipients = [{ ...recipient!, address: `${name}@sink.test` }];
      return sampleRecord(site, { envelope: sampleEnvelope({ route, recipients }) });
    });
    await this.#log.append(records, []);
  }

  async stop(): Promise<void> {
    for (const end of this.#ends.toReversed()) await end();
    await this.#log.watchers.close();
    await this.#log.idle().catch(() => undefined);
    await this.database.close();
    await this.#testDatabase.drop();
  }
}

/** Waits until it is so. */
export async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await new Promise((resolve) => setTimeout(resolve, 10));
}

function databaseOf(url: string): Database {
  return new Database({ url, connectionsMax: CONNECTIONS_MAX, applicationName: 'test' });
}

async function register(database: Database, id: string): Promise<InstanceRegistry> {
  const registry = new InstanceRegistry(database, {
    id,
    dataFolder: `here:/${id}`,
    services: ['delivery'],
    host: 'here',
    version: '0',
    telemetryPort: 0,
  });
  await registry.claim();
  await registry.register();
  const report = { ready: {}, health: [] };
  await registry.heartbeat({ ready: true, directoryVersion: 0, report });
  return registry;
}

function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => (done ??= work());
}
