import { createRequire } from 'node:module';
import type { KafkaConnectionOptions, KafkaCredentials } from './connection-options.ts';

/**
 * The protocol layer of kafkajs 2.2.4, whose version is pinned. Its producer and consumer are not used: the one sends
 * a batch again under a wrong sequence number and counts a partition whose leader moved as sent, the other skips to
 * the end where its position is gone.
 */
export interface Broker {
  produce(request: {
    readonly topicData: readonly TopicData[];
    readonly transactionalId?: string;
    readonly producerId: ProducerId;
    readonly producerEpoch: number;
    readonly acks: number;
    readonly timeout: number;
    readonly compression: number;
  }): Promise<{
    readonly topics: readonly {
      readonly topicName: string;
      readonly partitions: readonly { readonly partition: number; readonly baseOffset: string }[];
    }[];
  }>;
  fetch(request: {
    readonly replicaId: number;
    readonly isolationLevel: number;
    readonly maxWaitTime: number;
    readonly minBytes: number;
    readonly maxBytes: number;
    readonly topics: readonly {
      readonly topic: string;
      readonly partitions: readonly {
        readonly partition: number;
        readonly fetchOffset: string;
        readonly maxBytes: number;
      }[];
    }[];
  }): Promise<{
    readonly responses: readonly {
      readonly topicName: string;
      readonly partitions: readonly FetchedPartition[];
    }[];
  }>;
  listOffsets(request: {
    readonly replicaId: number;
    readonly isolationLevel: number;
    readonly topics: readonly {
      readonly topic: string;
      readonly partitions: readonly { readonly partition: number; readonly timestamp: number }[];
    }[];
  }): Promise<{ readonly responses: readonly TopicOffsets[] }>;
  deleteRecords(request: { readonly topics: readonly TopicOffsets[] }): Promise<unknown>;
  initProducerId(request: {
    readonly transactionalId: string | undefined;
    readonly transactionTimeout: number;
  }): Promise<{ readonly producerId: ProducerId; readonly producerEpoch: number }>;
  addPartitionsToTxn(
    request: Transaction & {
      readonly topics: readonly {
        readonly topic: string;
        readonly partitions: readonly number[];
      }[];
    },
  ): Promise<unknown>;
  addOffsetsToTxn(request: Transaction & { readonly groupId: string }): Promise<unknown>;
  txnOffsetCommit(
    request: Transaction & { readonly groupId: string; readonly topics: readonly TopicOffsets[] },
  ): Promise<unknown>;
  endTxn(request: Transaction & { readonly transactionResult: boolean }): Promise<unknown>;
  findGroupCoordinator(request: {
    readonly groupId: string;
    readonly coordinatorType: number;
  }): Promise<{ readonly coordinator: { readonly nodeId: number } }>;
  offsetFetch(request: {
    readonly groupId: string;
    readonly topics: readonly {
      readonly topic: string;
      readonly partitions: readonly { readonly partition: number }[];
    }[];
  }): Promise<{ readonly responses: readonly TopicOffsets[] }>;
}

/** Connections to all brokers, and who leads what. */
export interface Cluster {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  addMultipleTargetTopics(topics: readonly string[]): Promise<void>;
  refreshMetadata(): Promise<void>;
  refreshMetadataIfNecessary(): Promise<void>;
  findBroker(node: { readonly nodeId: string }): Promise<Broker>;
  findLeaderForPartitions(
    topic: string,
    partitions: readonly number[],
  ): Readonly<Record<string, readonly number[]>>;
  /** For what any broker can answer: one that answers now. */
  readonly brokerPool: BrokerPool;
}

/** A 64-bit number of the library's own kind. */
export type ProducerId = object;

/** What names an open transaction. */
export interface Transaction {
  readonly transactionalId: string;
  readonly producerId: ProducerId;
  readonly producerEpoch: number;
}

/** A record on its way into a partition. */
export interface Message {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, Buffer>>;
}

export interface TopicData {
  readonly topic: string;
  readonly partitions: readonly {
    readonly partition: number;
    readonly firstSequence: number;
    readonly messages: readonly Message[];
  }[];
}

export interface TopicOffsets {
  readonly topic: string;
  readonly partitions: readonly { readonly partition: number; readonly offset: string }[];
}

/** A record as it came, or a marker that ends a transaction. */
export interface FetchedMessage extends Message {
  readonly offset: string;
  readonly isControlRecord: boolean;
  readonly batchContext: { readonly producerId: string; readonly inTransaction: boolean };
}

export interface FetchedPartition {
  readonly partition: number;
  readonly highWatermark: string;
  readonly lastStableOffset: string;
  readonly abortedTransactions: readonly {
    readonly producerId: string;
    readonly firstOffset: string;
  }[];
  readonly messages: readonly FetchedMessage[];
}

/** Coordinators, isolation and times as the protocol numbers them. */
export const GROUP_COORDINATOR = 0;
export const TRANSACTION_COORDINATOR = 1;
export const READ_UNCOMMITTED = 0;
export const READ_COMMITTED = 1;
export const LATEST = -1;
export const EARLIEST = -2;

const AUTHENTICATION_TIMEOUT_MS = 2_000;
/** What was asked before it is answered by then, so that who asks is said again in time. */
const REAUTHENTICATION_THRESHOLD_MS = 10_000;
/** Short: a broker that hangs keeps its connections open, and what was asked of it is asked again elsewhere. */
const REQUEST_TIMEOUT_MS = 2_000;
const METADATA_AGE_MAX_MS = 60_000;
const LEADER_NOT_AVAILABLE = 5;
const API_VERSIONS = 18;
const NO_LEADER = -1;
/** Of connections, their TLS included. */
export const CONNECT_TIMEOUT_MS = 2_000;
/** Small: whoever asks throws the connections away and comes again. */
export const RETRY = { retries: 3, initialRetryTime: 50, maxRetryTime: 500 } as const;

const load = createRequire(import.meta.url);
const ClusterClass = load('kafkajs/src/cluster/index.js') as new (options: object) => Cluster;
const { createLogger } = load('kafkajs/src/loggers/index.js') as {
  createLogger(options: object): unknown;
};
const socketFactory = load('kafkajs/src/network/socketFactory.js') as () => unknown;

interface RequestQueue {
  readonly pending: readonly unknown[];
  readonly throttledUntil: number;
  scheduleCheckPendingRequests(): void;
}

/** Each connection would keep a timer of 1 ms running, also where nothing waits (tulios/kafkajs#1751). */
function stopIdleTimers(): void {
  const { prototype } = load('kafkajs/src/network/requestQueue/index.js') as {
    prototype: RequestQueue;
  };
  const schedule = prototype.scheduleCheckPendingRequests;
  prototype.scheduleCheckPendingRequests = function (this: RequestQueue): void {
    if (this.pending.length > 0 || this.throttledUntil > Date.now()) schedule.call(this);
  };
}
stopIdleTimers();

interface Connection {
  connect(): Promise<unknown>;
  disconnect(): Promise<unknown>;
  rejectRequests(error: Error): void;
  /** What the broker at its other end can do, once that is known. */
  readonly versions: object | null;
  authenticate(): Promise<void>;
  send(protocol: { readonly request: { readonly apiKey: number } }): Promise<unknown>;
}

/**
 * What is asked in the moment between the end of what was asked before and the end of the connection has neither an
 * answer nor a time-out: it would be waited for for ever. And two who connect at once would leave a socket behind.
 */
function endConnectionsWhole(): void {
  const { prototype } = load('kafkajs/src/network/connection.js') as { prototype: Connection };
  const { KafkaJSConnectionClosedError } = load('kafkajs/src/errors.js') as {
    KafkaJSConnectionClosedError: new (message: string) => Error;
  };
  const { connect, disconnect } = prototype;
  const connecting = new WeakMap<Connection, Promise<unknown>>();
  prototype.connect = function (this: Connection): Promise<unknown> {
    const under = connecting.get(this);
    if (under) return under;
    const begun = connect.call(this).finally(() => connecting.delete(this));
    connecting.set(this, begun);
    return begun;
  };
  prototype.disconnect = async function (this: Connection): Promise<unknown> {
    const ended = await disconnect.call(this);
    this.rejectRequests(new KafkaJSConnectionClosedError('asked of a connection that was ended'));
    return ended;
  };
}
endConnectionsWhole();

/**
 * A broker ends a connection on which anything else is asked while it is being said who asks, which with SASL is said
 * again and again. All questions wait for that but the one for versions, since a connection begins with it.
 */
function askVersionsInTurn(): void {
  const { prototype } = load('kafkajs/src/network/connection.js') as { prototype: Connection };
  const { send } = prototype;
  prototype.send = async function (this: Connection, protocol): Promise<unknown> {
    if (this.versions && protocol.request.apiKey === API_VERSIONS) await this.authenticate();
    return send.call(this, protocol);
  };
}
askVersionsInTurn();

interface KnownBroker extends Broker {
  connect(): Promise<void>;
  apiVersions(): Promise<unknown>;
  metadata(topics: readonly string[]): Promise<Metadata>;
}

interface BrokerPool {
  readonly brokers: Readonly<Record<string, KnownBroker>>;
  findConnectedBroker(): Promise<KnownBroker>;
}

/** A broker that is connected may hang: who leads what is asked of the one that answers a small question first. */
function askWhoAnswers(): void {
  const { prototype } = load('kafkajs/src/cluster/brokerPool.js') as { prototype: BrokerPool };
  const { findConnectedBroker } = prototype;
  prototype.findConnectedBroker = function (this: BrokerPool): Promise<KnownBroker> {
    const answers = Object.values(this.brokers).map(async (broker) => {
      await broker.connect();
      await broker.apiVersions();
      return broker;
    });
    return Promise.any(answers).catch(() => findConnectedBroker.call(this));
  };
}
askWhoAnswers();

interface PartitionState {
  readonly partitionErrorCode: number;
  readonly partitionId: number;
  readonly leader: number;
}

interface Metadata {
  readonly topicMetadata: readonly {
    readonly topic: string;
    readonly partitionMetadata: readonly PartitionState[];
  }[];
}

/** One partition without a leader would keep all others from being found. */
function allowLeaderless(): void {
  const response = load('kafkajs/src/protocol/requests/metadata/v6/response.js') as {
    parse(data: Metadata): Promise<Metadata>;
  };
  const { parse } = response;
  response.parse = (data) =>
    parse({
      ...data,
      topicMetadata: data.topicMetadata.map((topic) => ({
        ...topic,
        partitionMetadata: topic.partitionMetadata.map((partition) =>
          partition.partitionErrorCode === LEADER_NOT_AVAILABLE
            ? { ...partition, partitionErrorCode: 0, leader: NO_LEADER }
            : partition,
        ),
      })),
    });
}
allowLeaderless();

/** Connections of one's own to the cluster, which know these topics; by the broker that answers first. */
export async function connectCluster(
  options: KafkaConnectionOptions,
  topics: readonly string[],
): Promise<Cluster> {
  const credentials = (await options.credentials?.()) ?? {};
  const { brokers, clientId } = options;
  const attempts = brokers.map((broker) => connectBy(broker, clientId, credentials, topics));
  const first = await Promise.any(attempts).catch((error: unknown) => {
    throw error instanceof AggregateError ? (error.errors[0] as Error) : error;
  });
  for (const attempt of attempts) {
    void attempt.then((one) => (one === first ? undefined : one.disconnect())).catch(ignore);
  }
  return first;
}

function ignore(): void {
  // Its connections are of no use any more, and close or break by themselves.
}

async function connectBy(
  broker: string,
  clientId: string,
  credentials: KafkaCredentials,
  topics: readonly string[],
): Promise<Cluster> {
  const cluster = new ClusterClass({
    logger: createLogger({ level: 0, logCreator: () => () => undefined }),
    socketFactory: socketFactory(),
    brokers: [broker],
    clientId,
    ssl: credentials.tls,
    // Its library writes into what it is given.
    sasl: credentials.sasl && { ...credentials.sasl },
    connectionTimeout: CONNECT_TIMEOUT_MS,
    authenticationTimeout: AUTHENTICATION_TIMEOUT_MS,
    reauthenticationThreshold: REAUTHENTICATION_THRESHOLD_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    enforceRequestTimeout: true,
    metadataMaxAge: METADATA_AGE_MAX_MS,
    allowAutoTopicCreation: false,
    maxInFlightRequests: null,
    retry: RETRY,
  });
  try {
    await cluster.connect();
    await cluster.addMultipleTargetTopics(topics);
    return cluster;
  } catch (error) {
    void cluster.disconnect().catch(() => undefined);
    throw error;
  }
}

/** The brokers that lead these partitions, as far as they have a leader, and what each of them leads. */
export function leadersOf(
  cluster: Cluster,
  topic: string,
  partitions: readonly number[],
): readonly (readonly [nodeId: string, partitions: readonly number[]])[] {
  const leaders = Object.entries(cluster.findLeaderForPartitions(topic, partitions));
  return leaders.filter(([nodeId]) => nodeId !== String(NO_LEADER));
}

/**
 * Whether others say that any of these partitions is led by another broker by now. What the cluster knows stays as it
 * is: to refresh it may wait for a broker that is not listed any more.
 */
export async function haveMoved(
  cluster: Cluster,
  nodeId: string,
  places: readonly { readonly topic: string; readonly partition: number }[],
): Promise<boolean> {
  const broker = await cluster.brokerPool.findConnectedBroker();
  const topics = new Set(places.map(({ topic }) => topic));
  const { topicMetadata } = await broker.metadata([...topics]);
  return places.some(({ topic, partition }) => {
    const known = topicMetadata.find((one) => one.topic === topic)?.partitionMetadata;
    const leader = known?.find(({ partitionId }) => partitionId === partition)?.leader ?? NO_LEADER;
    return leader !== NO_LEADER && String(leader) !== nodeId;
  });
}

/** By a broker that answers: the one that is to coordinate, and to be asked, may not be there. */
export async function findCoordinator(
  cluster: Cluster,
  groupId: string,
  coordinatorType: number,
): Promise<Broker> {
  const broker = await cluster.brokerPool.findConnectedBroker();
  const { coordinator } = await broker.findGroupCoordinator({ groupId, coordinatorType });
  return cluster.findBroker({ nodeId: String(coordinator.nodeId) });
}

/** The protocol's name of an error, as far as it is one, e.g. `OFFSET_OUT_OF_RANGE`. */
export function kafkaErrorType(error: unknown): string | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    const { type } = at as { type?: unknown };
    if (typeof type === 'string') return type;
  }
  return undefined;
}
