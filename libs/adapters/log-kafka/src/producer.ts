import {
  connectCluster,
  findCoordinator,
  GROUP_COORDINATOR,
  haveMoved,
  kafkaErrorType,
  leadersOf,
  TRANSACTION_COORDINATOR,
} from './kafkajs-internals.ts';
import type { KafkaConnectionOptions } from './connection-options.ts';
import type {
  Broker,
  Cluster,
  Message,
  ProducerId,
  TopicData,
  TopicOffsets,
  Transaction,
} from './kafkajs-internals.ts';
import { nameOf } from './topics.ts';
import { Moved, unlessMoved } from './unless-moved.ts';
import { whileBusy } from './while-busy.ts';
import type { KafkaPartition } from './topics.ts';

/** An open transaction holds back all readers of what it touched. */
const TRANSACTION_TIMEOUT_MS = 10_000;
const PRODUCE_TIMEOUT_MS = 4_500;
const ALL_REPLICAS = -1;
/** Numbers of records within a partition begin again at 0. */
const SEQUENCES = 2 ** 31;
const FENCED_TYPES: ReadonlySet<string | undefined> = new Set([
  'INVALID_PRODUCER_EPOCH',
  'TRANSACTION_COORDINATOR_FENCED',
  'INVALID_PRODUCER_ID_MAPPING',
  'PRODUCER_FENCED',
]);
const MOVED_TYPES: ReadonlySet<string | undefined> = new Set([
  'NOT_COORDINATOR_FOR_GROUP',
  'GROUP_LOAD_IN_PROGRESS',
]);
const CONNECTION_ERRORS =
  /^KafkaJS(Connection|ConnectionClosed|BrokerNotFound|LockTimeout|RequestTimeout)/;
const AGAIN_WAIT_MS = 20;
const WAIT_MAX_MS = 200;
/** Within the deadline of an append. */
const SEND_FOR_MAX_MS = 4_000;

/** Messages for one partition, stored as one batch: all of them or none. */
export interface PartitionBatch extends KafkaPartition {
  readonly messages: readonly Message[];
}

/** A position that is written with the transaction. */
export interface CommittedPosition extends KafkaPartition {
  readonly groupId: string;
  readonly offset: number;
}

/** Under which its batches are numbered. */
interface Identity {
  readonly producerId: ProducerId;
  readonly producerEpoch: number;
}

interface NumberedBatch extends PartitionBatch {
  /** The number of its first message among those of this producer in the partition. */
  readonly firstSequence: number;
}

interface Failure {
  readonly error: unknown;
  readonly batches: readonly NumberedBatch[];
}

class NoLeader extends Error {
  override readonly name = 'NoLeader';
}

/** Another producer has taken the transactional id. */
export class ProducerFenced extends Error {
  override readonly name = 'ProducerFenced';
}

/** How a producer is made. */
export interface ProducerOptions {
  readonly connection: KafkaConnectionOptions;
  readonly topics: readonly string[];
  /** Fences every other producer of this name, and ends what it had open; absent where no transaction is made. */
  readonly transactionalId?: string;
  readonly compression: 'none' | 'gzip';
}

/**
 * An idempotent producer with one request in flight to each broker. After any failure it must be closed and replaced:
 * the number of the next batch is only known while every batch was answered.
 */
export class Producer {
  /** Where it has a transactional id, everything that was open under it is ended when it resolves. */
  readonly opened: Promise<void>;
  readonly #options: ProducerOptions;
  readonly #sequences = new Map<string, number>();
  /** By the group they coordinate; the one of its transactions without. */
  readonly #coordinators = new Map<string | undefined, Broker>();
  #cluster!: Cluster;
  #identity!: Identity;
  #closed = false;

  /** Begins to open it; to be used when it is `opened`. */
  constructor(options: ProducerOptions) {
    this.#options = options;
    this.opened = this.#open();
    this.opened.catch(() => this.close());
  }

  /**
   * Each batch is stored, on all replicas in sync, when it resolves. A batch keeps its number: sent again after a lost
   * reply or to another leader, it is not stored twice.
   */
  async send(batches: readonly PartitionBatch[]): Promise<void> {
    this.#mustBeOpen();
    const untilMs = Date.now() + SEND_FOR_MAX_MS;
    let unsent = this.#numbered(batches);
    for (
      let waitMs = AGAIN_WAIT_MS;
      unsent.length > 0;
      waitMs = Math.min(waitMs * 2, WAIT_MAX_MS)
    ) {
      const failures = await this.#sendOnce(unsent);
      const [failure] = failures;
      if (failure === undefined) return;
      const isFinal = failures.some(({ error }) => !isRepeatable(error));
      if (isFinal || Date.now() + waitMs > untilMs) throw failure.error;
      unsent = failures.flatMap((one) => one.batches);
      await new Promise((resolve) => setTimeout(resolve, waitMs));
      await this.#reconnect();
    }
  }

  /** Stores all batches and the position, or nothing of it for readers of what is committed. */
  async transact(batches: readonly PartitionBatch[], position?: CommittedPosition): Promise<void> {
    const transaction = this.#transaction();
    try {
      if (batches.length > 0) {
        const topics = batches.map(({ topic, partition }) => ({ topic, partitions: [partition] }));
        await this.#coordinated((coordinator) =>
          coordinator.addPartitionsToTxn({ ...transaction, topics: joined(topics) }),
        );
        await this.send(batches);
      }
      if (position) await this.#sendPosition(position);
      await this.#coordinated((coordinator) =>
        coordinator.endTxn({ ...transaction, transactionResult: true }),
      );
    } catch (error) {
      if (FENCED_TYPES.has(kafkaErrorType(error))) {
        throw new ProducerFenced('another producer has this name', { cause: error });
      }
      // Whoever does not answer is not asked again: the next producer of this name ends what is open.
      if (isUnanswered(error) || this.#closed) throw error;
      // As soon as can be, for readers wait for it; where this fails too, its time ends it.
      await this.#coordinator()
        .then((coordinator) => coordinator.endTxn({ ...transaction, transactionResult: false }))
        .catch(() => undefined);
      throw error;
    }
  }

  /** The position last written for a group, as an offset; undefined where there is none. */
  async savedOffset(groupId: string, place: KafkaPartition): Promise<number | undefined> {
    const { topic, partition } = place;
    const request = { groupId, topics: [{ topic, partitions: [{ partition }] }] };
    const { responses } = await this.#coordinated(
      (coordinator) => coordinator.offsetFetch(request),
      groupId,
    );
    const offset = Number(responses[0]?.partitions[0]?.offset ?? -1);
    return offset < 0 ? undefined : offset;
  }

  /** Also before it is opened. Does not wait for what is still asked: who hangs is left to hang. */
  close(): void {
    this.#closed = true;
    this.#disconnect();
  }

  async #open(): Promise<void> {
    const { transactionalId } = this.#options;
    const request = { transactionalId, transactionTimeout: TRANSACTION_TIMEOUT_MS };
    this.#cluster = await this.#connect();
    this.#identity = await this.#coordinated((broker) => broker.initProducerId(request));
  }

  async #connect(): Promise<Cluster> {
    const cluster = await connectCluster(this.#options.connection, this.#options.topics);
    if (this.#closed) void cluster.disconnect().catch(() => undefined);
    this.#mustBeOpen();
    return cluster;
  }

  #disconnect(): void {
    void (this.#cluster as Cluster | undefined)?.disconnect().catch(() => undefined);
  }

  /** One that was closed must not fence its successor, nor connect again. */
  #mustBeOpen(): void {
    if (this.#closed) throw new Error('the producer was closed');
  }

  /** To another broker, perhaps, and with what is known there by now: leaders move, and who hangs does not say so. */
  async #reconnect(): Promise<void> {
    const cluster = await this.#connect();
    this.#disconnect();
    this.#coordinators.clear();
    this.#cluster = cluster;
  }

  /** Gives each batch the number that follows the one before it in its partition. */
  #numbered(batches: readonly PartitionBatch[]): readonly NumberedBatch[] {
    return batches.map((batch) => {
      const name = nameOf(batch);
      const firstSequence = this.#sequences.get(name) ?? 0;
      this.#sequences.set(name, (firstSequence + batch.messages.length) % SEQUENCES);
      return { ...batch, firstSequence };
    });
  }

  /** One request to each leader. Returns what is not known to be stored. */
  async #sendOnce(batches: readonly NumberedBatch[]): Promise<readonly Failure[]> {
    const failures: Failure[] = [];
    const byLeader = new Map<string, NumberedBatch[]>();
    for (const batch of batches) {
      try {
        const leader = this.#leaderOf(batch);
        byLeader.set(leader, [...(byLeader.get(leader) ?? []), batch]);
      } catch (error) {
        failures.push({ error, batches: [batch] });
      }
    }
    const sending = [...byLeader].map(async ([leader, list]) => {
      try {
        await this.#sendTo(leader, list);
      } catch (error) {
        failures.push({ error, batches: list });
      }
    });
    await Promise.all(sending);
    return failures;
  }

  #leaderOf(batch: NumberedBatch): string {
    const [leader] = leadersOf(this.#cluster, batch.topic, [batch.partition]);
    if (leader === undefined) throw new NoLeader(`${nameOf(batch)} has no leader`);
    return leader[0];
  }

  async #sendTo(nodeId: string, batches: readonly NumberedBatch[]): Promise<void> {
    const { transactionalId, compression } = this.#options;
    const broker = await this.#cluster.findBroker({ nodeId });
    const produced = broker.produce({
      ...this.#identity,
      topicData: topicData(batches),
      ...(transactionalId !== undefined && { transactionalId }),
      acks: ALL_REPLICAS,
      timeout: PRODUCE_TIMEOUT_MS,
      compression: compression === 'gzip' ? 1 : 0,
    });
    await unlessMoved(produced, async () => {
      this.#mustBeOpen();
      return haveMoved(this.#cluster, nodeId, batches);
    });
  }

  async #sendPosition({ groupId, topic, partition, offset }: CommittedPosition): Promise<void> {
    const transaction = this.#transaction();
    await this.#coordinated((coordinator) =>
      coordinator.addOffsetsToTxn({ ...transaction, groupId }),
    );
    const topics: TopicOffsets[] = [{ topic, partitions: [{ partition, offset: String(offset) }] }];
    await this.#coordinated(
      (coordinator) => coordinator.txnOffsetCommit({ ...transaction, groupId, topics }),
      groupId,
    );
  }

  /**
   * Asks the coordinator, of its transactions or of a group, wherever that is by now: it may have moved, or its broker
   * may be away, and then it moves as soon as the others see that. To ask twice does no harm.
   */
  #coordinated<Result>(
    ask: (coordinator: Broker) => Promise<Result>,
    groupId?: string,
  ): Promise<Result> {
    return whileBusy(async () => {
      this.#mustBeOpen();
      try {
        const coordinator = await this.#coordinator(groupId);
        return await unlessMoved(ask(coordinator), async () => {
          this.#mustBeOpen();
          return (await this.#findCoordinator(groupId)) !== coordinator;
        });
      } catch (error) {
        if (hasMoved(error)) this.#coordinators.delete(groupId);
        else if (isConnectionError(error)) await this.#reconnect();
        throw error;
      }
    }, isUnanswered);
  }

  async #coordinator(groupId?: string): Promise<Broker> {
    const coordinator = this.#coordinators.get(groupId) ?? (await this.#findCoordinator(groupId));
    this.#coordinators.set(groupId, coordinator);
    return coordinator;
  }

  /** Where it makes no transactions, any broker will do: each gives out numbers. */
  #findCoordinator(groupId?: string): Promise<Broker> {
    const { transactionalId } = this.#options;
    if (groupId !== undefined) return findCoordinator(this.#cluster, groupId, GROUP_COORDINATOR);
    return transactionalId === undefined
      ? this.#cluster.brokerPool.findConnectedBroker()
      : findCoordinator(this.#cluster, transactionalId, TRANSACTION_COORDINATOR);
  }

  #transaction(): Transaction {
    const { transactionalId } = this.#options;
    if (transactionalId === undefined) throw new Error('the producer has no transactional id');
    return { transactionalId, ...this.#identity };
  }
}

function topicData(batches: readonly NumberedBatch[]): readonly TopicData[] {
  const topics = new Map<string, TopicData['partitions'][number][]>();
  for (const { topic, ...partition } of batches) {
    topics.set(topic, [...(topics.get(topic) ?? []), partition]);
  }
  return [...topics].map(([topic, partitions]) => ({ topic, partitions }));
}

/** Whether the same batch, under the same number, may be stored when it is sent again. */
function isRepeatable(error: unknown): boolean {
  if (error instanceof NoLeader) return true;
  return (error as { retriable?: unknown }).retriable === true || isUnanswered(error);
}

/** Whether it was done is not known. */
function isUnanswered(error: unknown): boolean {
  return error instanceof Moved || isConnectionError(error);
}

function isConnectionError(error: unknown): boolean {
  const { name } = error as { name?: unknown };
  return typeof name === 'string' && CONNECTION_ERRORS.test(name);
}

/** What was asked is another broker's by now, or this one is not ready and another may be. */
function hasMoved(error: unknown): boolean {
  return error instanceof Moved || MOVED_TYPES.has(kafkaErrorType(error));
}

function joined(
  topics: readonly { readonly topic: string; readonly partitions: readonly number[] }[],
): { topic: string; partitions: number[] }[] {
  const byName = new Map<string, number[]>();
  for (const { topic, partitions } of topics) {
    byName.set(topic, [...(byName.get(topic) ?? []), ...partitions]);
  }
  return [...byName].map(([topic, partitions]) => ({ topic, partitions }));
}
