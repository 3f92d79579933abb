import { randomBytes } from 'node:crypto';
import { after, before } from 'node:test';
import {
  Database,
  ParkedBodyReader,
  ParkSlices,
  PostgresCauses,
  migrate,
  PostgresBlobStore,
  PostgresLanes,
  PostgresLog,
} from '@staffetta/postgres';
import { startTestDatabase, startTestKafka } from '@staffetta/testing';
import type { FaultyProxy, TestDatabase, TestKafka } from '@staffetta/testing';
import { KafkaLog } from '../kafka-log.ts';
import type { KafkaLogOptions } from '../kafka-log.ts';
import { prepareTopics } from '../prepare-topics.ts';
import type { TopicSettings } from '../topics.ts';

/** Lanes of `outbound` of the logs made here. */
export const OUTBOUND_LANES = 4;
const LANES = { accepted: 3, outbound: OUTBOUND_LANES, local: 4 } as const;
const CONNECTIONS_MAX = 6;
const INLINE_BYTES_MAX = 256 * 1024;

/** The topics of one test, with leases and contents in a database of its own. */
export interface TestLogs {
  readonly settings: TopicSettings;
  readonly kafka: TestKafka;
  readonly lanes: PostgresLanes;
  readonly database: Database;
  readonly proxy: FaultyProxy;
  /** Stands for another process. */
  open(instance: string, way?: 'straight' | 'proxied', change?: Partial<KafkaLogOptions>): KafkaLog;
  stop(): Promise<void>;
}

/** To be called at the top of a test file: logs on one Kafka, and on databases copied from one that is migrated once. */
export function testKafkaLogs(
  brokers: 1 | 3 = 1,
  start: () => Promise<TestKafka> = () => startTestKafka(brokers),
): () => Promise<TestLogs> {
  let kafka: TestKafka;
  let template: TestDatabase;
  before(async () => {
    [kafka, template] = await Promise.all([start(), startTestDatabase()]);
    const database = open(template.url);
    await migrate(database);
    // The rows of the lanes; its own log stays empty.
    const log = new PostgresLog({ database, outboundLanes: LANES.outbound });
    await log.prepare(LANES.outbound, LANES.accepted, LANES.local);
    await database.close();
  });
  after(async () => {
    await template.drop();
    await kafka.stop();
  });
  return () => makeLogs(kafka, template);
}

async function makeLogs(kafka: TestKafka, template: TestDatabase): Promise<TestLogs> {
  const copy = await startTestDatabase(template);
  const database = open(copy.url);
  const settings = { prefix: `test-${randomBytes(4).toString('hex')}`, lanes: LANES };
  const replicas = kafka.brokers.length;
  await prepareTopics({
    ...settings,
    connection: { brokers: kafka.addresses, clientId: 'test' },
    replicationFactor: replicas,
    minInsyncReplicas: replicas > 1 ? 2 : 1,
  });
  const lanes = new PostgresLanes(database);
  const blobs = new PostgresBlobStore(database);
  const logs: KafkaLog[] = [];
  return {
    settings,
    kafka,
    lanes,
    database,
    proxy: kafka.proxies[0]!,
    open: (instance, way = 'straight', change = {}) => {
      const brokers = way === 'proxied' ? kafka.proxiedAddresses : kafka.addresses;
      const log = new KafkaLog({
        ...settings,
        connection: { brokers, clientId: 'test' },
        instance,
        blobs,
        causes: new PostgresCauses(database),
        parked: new ParkedBodyReader(database, new ParkSlices(database)),
        isHeld: (lease) => lanes.isHeld(lease),
        appenders: 2,
        inlineBytesMax: INLINE_BYTES_MAX,
        keepMs: 0,
        compression: 'none',
        ...change,
      });
      logs.push(log);
      return log;
    },
    stop: async () => {
      await Promise.all(logs.map((log) => log.close()));
      await database.close();
      await copy.drop();
    },
  };
}

function open(url: string): Database {
  return new Database({
    url,
    connectionsMax: CONNECTIONS_MAX,
    applicationName: 'test',
    onError: () => undefined,
  });
}
