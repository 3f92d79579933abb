import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import kafkajs from 'kafkajs';
import { LogUnavailable } from '@staffetta/core';
import type { LaneLease } from '@staffetta/core';
import {
  acceptedEvent,
  acceptedLeases,
  pipeLane,
  readTopic,
  sampleRecord,
  startSecuredKafka,
  TEST_IDENTITY,
} from '@staffetta/testing';
import type { SecuredKafka } from '@staffetta/testing';
import type { KafkaConnectionOptions, KafkaCredentials } from './connection-options.ts';
import type { KafkaLog } from './kafka-log.ts';
import {
  connectCluster,
  findCoordinator,
  GROUP_COORDINATOR,
  READ_COMMITTED,
} from './kafkajs-internals.ts';
import type { Cluster } from './kafkajs-internals.ts';
import { prepareTopics } from './prepare-topics.ts';
import { eventsOf } from './testing/events-of.ts';
import { OUTBOUND_LANES, testKafkaLogs } from './testing/test-logs.ts';
import { Topics } from './topics.ts';
import type { TopicSettings } from './topics.ts';
import { whyUnusable } from './why-unusable.ts';

const {
  AclOperationTypes,
  AclPermissionTypes,
  AclResourceTypes,
  Kafka,
  logLevel,
  ResourcePatternTypes,
} = kafkajs;

/** Of all topics of tests. */
const PREFIX = 'test-';
const ROUND_EVERY_MS = 100;
const ASKING_AT_ONCE = 20;
const { cert, key } = TEST_IDENTITY;
const TLS = { ca: cert } as const;

let kafka: SecuredKafka;
const makeLogs = testKafkaLogs(1, async () => (kafka = await startSecuredKafka()));

void test('topics are made, and mail is appended, piped and read', async (t) => {
  for (const mechanism of ['plain', 'scram-sha-256', 'scram-sha-512'] as const) {
    await t.test(`by a user, ${mechanism}`, async () => {
      await makeAndPass(bySasl(async () => ({ tls: TLS, sasl: { mechanism, ...kafka.user } })));
    });
  }
  await t.test('by a certificate', async () => {
    const credentials = async (): Promise<KafkaCredentials> => ({ tls: { ...TLS, cert, key } });
    await makeAndPass({ brokers: [kafka.mutualAddress], clientId: 'test', credentials });
  });
});

void test('the rights that docs/operations/kafka.md names are needed and enough', async () => {
  const connection = bySasl(async () => {
    return { tls: TLS, sasl: { mechanism: 'scram-sha-256', ...kafka.confined } };
  });
  await assert.rejects(makeAndPass(connection), (error) => {
    assert.match(whyUnusable(error), /^test-.*: Not authorized to access topics/);
    return true;
  });
  await allow(`User:${kafka.confined.username}`, PREFIX);
  await makeAndPass(connection);
});

void test('a password that is right by now is used without a restart', async () => {
  const made = await makeLogs();
  let password = 'not yet';
  const connection = bySasl(async () => {
    return { tls: TLS, sasl: { mechanism: 'scram-sha-256', ...kafka.user, password } };
  });
  const log = made.open('one', 'straight', { connection });
  await assert.rejects(log.append([sampleRecord('key')], []), LogUnavailable);
  password = kafka.user.password;
  await log.append([sampleRecord('key')], []);
  assert.equal((await readTopic(log, 'outbound', OUTBOUND_LANES)).length, 1);
  await made.stop();
});

void test('no connection is lost where brokers want to hear again and again who it is', async () => {
  const made = await makeLogs();
  const connection = bySasl(async () => {
    return { tls: TLS, sasl: { mechanism: 'scram-sha-512', ...kafka.user } };
  });
  const busy = made.open('busy', 'straight', { connection });
  const following = made.open('following', 'straight', { connection });
  const idle = made.open('idle', 'straight', { connection });
  const cluster = await connectCluster(connection, []);
  const leases = await acceptedLeases(made.lanes);
  const round = async (): Promise<void> => {
    await passThrough(busy, leases);
    await readTopic(following, 'outbound', OUTBOUND_LANES);
    await askWhileFetching(cluster, made.settings);
  };
  const useIdle = async (): Promise<void> => {
    await Promise.all([0, 1].map((n) => idle.append([sampleRecord(`key ${n}`)], [])));
    await readTopic(idle, 'outbound', OUTBOUND_LANES);
  };
  let told = 0;
  following.watch('outbound', () => (told += 1));
  await useIdle();
  for (let n = 0; n < 3; n += 1) await round();
  const { taken } = kafka.saslProxy;
  const untilMs = Date.now() + kafka.sessionMs + 1_000;
  while (Date.now() < untilMs) {
    await round();
    await setTimeout(ROUND_EVERY_MS);
  }
  await useIdle();
  assert.equal(kafka.saslProxy.taken, taken);
  assert.ok(told > 3, `${told} times`);
  await cluster.disconnect();
  await made.stop();
});

/** Fetches have a connection of their own, so that the other one may be unused when it is to say again who it is. */
async function askWhileFetching(cluster: Cluster, settings: TopicSettings): Promise<void> {
  const broker = await cluster.findBroker({ nodeId: '1' });
  const [topic = ''] = new Topics(settings).all().keys();
  const partitions = [{ partition: 0, fetchOffset: '0', maxBytes: 1 }];
  const limits = { maxWaitTime: 1, minBytes: 1, maxBytes: 1, isolationLevel: READ_COMMITTED };
  await broker.fetch({ replicaId: -1, ...limits, topics: [{ topic, partitions }] });
  const asking = Array.from({ length: ASKING_AT_ONCE }, async (_, delayMs) => {
    await setTimeout(delayMs);
    await findCoordinator(cluster, 'group', GROUP_COORDINATOR);
  });
  await Promise.all(asking);
}

function bySasl(credentials: () => Promise<KafkaCredentials>): KafkaConnectionOptions {
  return { brokers: [kafka.saslAddress], clientId: 'test', credentials };
}

async function makeAndPass(connection: KafkaConnectionOptions): Promise<void> {
  const made = await makeLogs();
  const settings = { ...made.settings, prefix: `${made.settings.prefix}-own` };
  const replicas = { replicationFactor: 1, minInsyncReplicas: 1 };
  try {
    // The second time they are there, and are looked at.
    for (let n = 0; n < 2; n += 1) await prepareTopics({ ...settings, ...replicas, connection });
    const log = made.open('one', 'straight', { ...settings, connection });
    await passThrough(log, await acceptedLeases(made.lanes));
    // To remove what was trimmed is a right of its own.
    await log.removeTrimmed();
  } finally {
    await made.stop();
  }
}

/** What the user of a relay has to be allowed, where the names of its topics begin so. */
async function allow(principal: string, prefix: string): Promise<void> {
  const { TOPIC, GROUP, TRANSACTIONAL_ID, CLUSTER } = AclResourceTypes;
  const { CREATE, DESCRIBE_CONFIGS, READ, WRITE, DELETE } = AclOperationTypes;
  const rights = [
    [TOPIC, prefix, [CREATE, DESCRIBE_CONFIGS, READ, WRITE, DELETE]],
    [GROUP, prefix, [READ]],
    [TRANSACTIONAL_ID, prefix, [WRITE]],
    [CLUSTER, 'kafka-cluster', [DESCRIBE_CONFIGS]],
  ] as const;
  const { LITERAL, PREFIXED } = ResourcePatternTypes;
  const acl = rights.flatMap(([resourceType, resourceName, operations]) =>
    operations.map((operation) => ({
      ...{ resourceType, resourceName, principal, operation, host: '*' },
      resourcePatternType: resourceType === CLUSTER ? LITERAL : PREFIXED,
      permissionType: AclPermissionTypes.ALLOW,
    })),
  );
  const admin = new Kafka({ brokers: [...kafka.addresses], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  await admin.createAcls({ acl });
  await admin.disconnect();
}

async function passThrough(log: KafkaLog, leases: readonly LaneLease[]): Promise<void> {
  const record = sampleRecord('key', { topic: 'accepted' });
  await log.append([record], [acceptedEvent(record)]);
  for (const lease of leases) await pipeLane(log, lease);
  const read = await readTopic(log, 'outbound', OUTBOUND_LANES);
  const { messageId } = record.envelope;
  assert.ok(read.some(({ envelope }) => envelope.messageId === messageId));
  assert.ok((await eventsOf(log)).some((event) => event.messageId === messageId));
}
