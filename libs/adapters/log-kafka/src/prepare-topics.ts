import kafkajs from 'kafkajs';
import type { Admin, ITopicConfig, SASLOptions } from 'kafkajs';
import { CONNECT_TIMEOUT_MS, kafkaErrorType, RETRY } from './kafkajs-internals.ts';
import type { KafkaConnectionOptions } from './connection-options.ts';
import { Topics } from './topics.ts';
import type { TopicSettings } from './topics.ts';

const { ConfigResourceTypes, Kafka, logLevel } = kafkajs;

/** A group of appends is one batch: 8 MiB of contents, or one append if that is larger, and the envelopes. */
const MESSAGE_BYTES_MAX = 32 * 1024 * 1024;
const SEGMENT_BYTES = 256 * 1024 * 1024;
/** Positions of a pipe that stands still this long are forgotten by the brokers. */
const OFFSETS_RETENTION_LEAST_MINUTES = 7 * 24 * 60;
const CREATE_TIMEOUT_MS = 15_000;
const LOOK_MS = 50;
const NEW_TOPIC_TYPES: ReadonlySet<string | undefined> = new Set([
  'UNKNOWN_TOPIC_OR_PARTITION',
  'LEADER_NOT_AVAILABLE',
]);

/** How the topics are to be. */
export interface PrepareTopicsOptions extends TopicSettings {
  readonly connection: KafkaConnectionOptions;
  /** 3 in earnest; 1 for a single broker. */
  readonly replicationFactor: number;
  /** 2 in earnest; 1 for a single broker. */
  readonly minInsyncReplicas: number;
}

/** Topics that are there are not as they must be; nothing was changed about them. */
export class TopicsUnfit extends Error {
  override readonly name = 'TopicsUnfit';
}

/** Makes the topics that are not there yet; rejects with TopicsUnfit where one, or a broker, is set up otherwise. */
export async function prepareTopics(options: PrepareTopicsOptions): Promise<void> {
  const { brokers, clientId, credentials } = options.connection;
  const { tls, sasl } = (await credentials?.()) ?? {};
  const kafka = new Kafka({
    brokers: [...brokers],
    clientId,
    ...(tls && { ssl: tls }),
    ...(sasl && { sasl: { ...sasl } as SASLOptions }),
    connectionTimeout: CONNECT_TIMEOUT_MS,
    logLevel: logLevel.NOTHING,
    retry: RETRY,
  });
  const admin = kafka.admin();
  await admin.connect();
  try {
    const there = await admin.listTopics();
    const wanted = [...new Topics(options).all()];
    const missing = wanted.filter(([topic]) => !there.includes(topic));
    const present = wanted.filter(([topic]) => there.includes(topic));
    await create(admin, missing, options);
    const faults = [
      ...(await topicFaults(admin, new Map(present), options)),
      ...(await brokerFaults(admin)),
    ];
    if (faults.length > 0) throw new TopicsUnfit(faults.join('\n'));
  } finally {
    await admin.disconnect();
  }
}

/** What loses nothing: no time, no size and no election of a broker that is behind removes a record. */
function settingsOf({ minInsyncReplicas }: PrepareTopicsOptions): Readonly<Record<string, string>> {
  return {
    'cleanup.policy': 'delete',
    'retention.ms': '-1',
    'retention.bytes': '-1',
    'min.insync.replicas': String(minInsyncReplicas),
    'unclean.leader.election.enable': 'false',
    'max.message.bytes': String(MESSAGE_BYTES_MAX),
    'segment.bytes': String(SEGMENT_BYTES),
  };
}

async function create(
  admin: Admin,
  missing: readonly (readonly [string, number])[],
  options: PrepareTopicsOptions,
): Promise<void> {
  if (missing.length === 0) return;
  const configEntries = Object.entries(settingsOf(options)).map(([name, value]) => ({
    name,
    value,
  }));
  const topics = missing.map(([topic, numPartitions]): ITopicConfig => {
    const { replicationFactor } = options;
    return { topic, numPartitions, replicationFactor, configEntries };
  });
  await admin.createTopics({ topics, waitForLeaders: false, timeout: CREATE_TIMEOUT_MS });
  await untilLed(
    admin,
    topics.map(({ topic }) => topic),
  );
}

/** A broker may not have heard of a new topic yet, which is no reason to give up. */
async function untilLed(admin: Admin, topics: string[]): Promise<void> {
  const untilMs = Date.now() + CREATE_TIMEOUT_MS;
  for (;;) {
    try {
      const found = await admin.fetchTopicMetadata({ topics });
      const leaders = found.topics.flatMap(({ partitions }) => partitions.map((one) => one.leader));
      if (leaders.every((leader) => leader >= 0)) return;
      if (Date.now() > untilMs) throw new Error('new topics have no leaders');
    } catch (error) {
      const isNew = NEW_TOPIC_TYPES.has(kafkaErrorType(error));
      if (!isNew || Date.now() > untilMs) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

async function topicFaults(
  admin: Admin,
  present: ReadonlyMap<string, number>,
  options: PrepareTopicsOptions,
): Promise<readonly string[]> {
  if (present.size === 0) return [];
  const faults: string[] = [];
  const { topics } = await admin.fetchTopicMetadata({ topics: [...present.keys()] });
  for (const { name, partitions } of topics) {
    const count = present.get(name);
    if (partitions.length !== count) {
      faults.push(`${name} has ${partitions.length} partitions, not ${count}`);
    }
    const replicas = Math.min(...partitions.map((partition) => partition.replicas.length));
    if (replicas < options.replicationFactor) {
      faults.push(`${name} has ${replicas} replicas, not ${options.replicationFactor}`);
    }
  }
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [...present.keys()].map((name) => ({ type: ConfigResourceTypes.TOPIC, name })),
  });
  for (const { resourceName, configEntries } of resources) {
    const found = new Map(configEntries.map((entry) => [entry.configName, entry.configValue]));
    for (const [name, value] of Object.entries(settingsOf(options))) {
      if (found.get(name) === value) continue;
      faults.push(`${resourceName}: ${name} is ${found.get(name)}, not ${value}`);
    }
  }
  return faults;
}

async function brokerFaults(admin: Admin): Promise<readonly string[]> {
  const { brokers } = await admin.describeCluster();
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: brokers.map(({ nodeId }) => ({
      type: ConfigResourceTypes.BROKER,
      name: String(nodeId),
      configNames: ['offsets.retention.minutes'],
    })),
  });
  return resources.flatMap(({ resourceName, configEntries }) => {
    const minutes = Number(configEntries[0]?.configValue);
    if (minutes >= OFFSETS_RETENTION_LEAST_MINUTES) return [];
    return `broker ${resourceName}: offsets.retention.minutes is ${minutes}, less than ${OFFSETS_RETENTION_LEAST_MINUTES}`;
  });
}
