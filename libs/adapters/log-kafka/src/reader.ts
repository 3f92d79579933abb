import { PositionGone } from '@staffetta/core';
import { committedRecords } from './committed-records.ts';
import {
  connectCluster,
  EARLIEST,
  findCoordinator,
  GROUP_COORDINATOR,
  kafkaErrorType,
  LATEST,
  leadersOf,
  READ_COMMITTED,
  READ_UNCOMMITTED,
} from './kafkajs-internals.ts';
import type { KafkaConnectionOptions } from './connection-options.ts';
import type { Broker, Cluster, FetchedMessage, FetchedPartition } from './kafkajs-internals.ts';
import { nameOf } from './topics.ts';
import { whileBusy } from './while-busy.ts';
import { within } from './within.ts';
import type { KafkaPartition } from './topics.ts';

const NO_REPLICA = -1;
/** How long a read waits for what is stored but not yet committed, and how often it looks. */
const COMMIT_WAIT_MS = 250;
const LOOK_MS = 2;
const LOOK_MAX_MS = 20;
/** Between tries where a leader has moved or a connection broke, doubled each time. */
const AGAIN_WAIT_MS = 25;
const AGAIN_WAIT_MAX_MS = 400;
/** Each broker has its time for its ends: connecting, and its answer. */
const ENDS_WAIT_MS = 5_000;
/** A question is over by then, whatever the connection says. */
const ASK_MAX_MS = 10_000;

/** What was found from an offset on. */
export interface Found {
  readonly messages: readonly FetchedMessage[];
  /** From where to read on; beyond the last message by what is not for readers. */
  readonly nextOffset: number;
}

/** Reads partitions from any offset, without a group: what is out of range is an error, never a jump. */
export class Reader {
  readonly #options: KafkaConnectionOptions;
  readonly #topics: readonly string[];
  #cluster: Promise<Cluster> | undefined;
  /** Connections of which a broker gave no ends: what it led may be led by another one. */
  #suspect: Promise<Cluster> | undefined;
  #closed = false;

  constructor(options: KafkaConnectionOptions, topics: readonly string[]) {
    this.#options = options;
    this.#topics = topics;
  }

  /**
   * Messages from the offset on, in order; at least one where there is one, else as many as lie within so many
   * octets of the log. What is stored but not yet committed is waited for a moment, unless `waits` says otherwise.
   * Rejects with PositionGone where the log begins later, and with another error where it ends before the offset.
   */
  async read(
    place: KafkaPartition,
    fromOffset: number,
    bytesMax: number,
    { waits = true } = {},
  ): Promise<Found> {
    let nextOffset = fromOffset;
    const untilMs = waits ? Date.now() + COMMIT_WAIT_MS : 0;
    for (let waitMs = LOOK_MS; ;) {
      const fetched = await this.#fetch(place, nextOffset, bytesMax);
      const messages = committedRecords(fetched, nextOffset);
      const last = fetched.messages.at(-1);
      if (last) nextOffset = Math.max(nextOffset, Number(last.offset) + 1);
      if (messages.length > 0) return { messages, nextOffset };
      // Nothing but markers: on to what lies behind them.
      if (last) continue;
      const isStable = nextOffset >= Number(fetched.highWatermark);
      if (isStable || Date.now() >= untilMs) return { messages, nextOffset };
      await new Promise((resolve) => setTimeout(resolve, waitMs));
      waitMs = Math.min(waitMs * 2, LOOK_MAX_MS);
    }
  }

  /** The first offset that was not removed. */
  async begin(place: KafkaPartition): Promise<number> {
    const { topic, partition } = place;
    return this.#with(async (cluster) => {
      const broker = await leaderOf(cluster, place);
      return (await listOffsets(broker, topic, [partition], EARLIEST)).get(partition) ?? 0;
    });
  }

  /**
   * Where all that is stored in each partition ends; partitions without a leader, or whose leader does not answer in
   * time, are left out.
   */
  async ends(topics: ReadonlyMap<string, number>): Promise<ReadonlyMap<string, number>> {
    const connected = this.#connect();
    const ends = new Map<string, number>();
    try {
      const cluster = await connected;
      const mayHaveMoved = this.#suspect === connected || hasLeaderless(cluster, topics);
      if (mayHaveMoved) await within(ENDS_WAIT_MS, cluster.refreshMetadata());
      else await cluster.refreshMetadataIfNecessary();
      if (this.#suspect === connected) this.#suspect = undefined;
      const asking = [...topics].flatMap(([topic, count]) => {
        const partitions = Array.from({ length: count }, (_, partition) => partition);
        return leadersOf(cluster, topic, partitions).map(async ([nodeId, led]) => {
          const broker = await cluster.findBroker({ nodeId });
          return {
            topic,
            offsets: await listOffsets(broker, topic, led, LATEST, READ_UNCOMMITTED),
          };
        });
      });
      const answers = asking.map(async (one) => {
        // One that comes too late is not waited for; that it failed is seen all the same.
        one.catch(() => (this.#suspect = connected));
        const answer = await within(ENDS_WAIT_MS, one).catch(() => undefined);
        for (const [partition, offset] of answer?.offsets ?? []) {
          ends.set(nameOf({ topic: answer!.topic, partition }), offset);
        }
      });
      await Promise.all(answers);
      return ends;
    } catch (error) {
      this.#drop(connected);
      throw error;
    }
  }

  /** The offsets last written for a group, of partitions that have one. */
  async savedOffsets(
    groupId: string,
    places: readonly KafkaPartition[],
  ): Promise<ReadonlyMap<string, number>> {
    return this.#with(async (cluster) => {
      const topics = [...Map.groupBy(places, ({ topic }) => topic)].map(([topic, list]) => ({
        topic,
        partitions: list.map(({ partition }) => ({ partition })),
      }));
      const { responses } = await whileBusy(async () => {
        const coordinator = await findCoordinator(cluster, groupId, GROUP_COORDINATOR);
        return coordinator.offsetFetch({ groupId, topics });
      });
      return new Map(
        responses
          .flatMap(({ topic, partitions }) => partitions.map((one) => ({ topic, ...one })))
          .filter(({ offset }) => Number(offset) >= 0)
          .map(({ topic, partition, offset }) => [nameOf({ topic, partition }), Number(offset)]),
      );
    });
  }

  /** Removes what lies before the offset. */
  async deleteBefore(place: KafkaPartition, offset: number): Promise<void> {
    const { topic, partition } = place;
    await this.#with(async (cluster) => {
      const broker = await leaderOf(cluster, place);
      const partitions = [{ partition, offset: String(offset) }];
      await broker.deleteRecords({ topics: [{ topic, partitions }] });
    });
  }

  close(): void {
    this.#closed = true;
    this.#drop(this.#cluster);
  }

  #fetch(place: KafkaPartition, offset: number, bytesMax: number): Promise<FetchedPartition> {
    const { topic, partition } = place;
    return this.#with(async (cluster) => {
      const broker = await leaderOf(cluster, place);
      const partitions = [{ partition, fetchOffset: String(offset), maxBytes: bytesMax }];
      try {
        const { responses } = await broker.fetch({
          replicaId: NO_REPLICA,
          isolationLevel: READ_COMMITTED,
          maxWaitTime: 0,
          minBytes: 1,
          maxBytes: bytesMax,
          topics: [{ topic, partitions }],
        });
        return responses[0]!.partitions[0]!;
      } catch (error) {
        if (kafkaErrorType(error) !== 'OFFSET_OUT_OF_RANGE') throw error;
        const begin = (await listOffsets(broker, topic, [partition], EARLIEST)).get(partition) ?? 0;
        const name = `offset ${offset} of ${nameOf(place)}`;
        if (offset < begin) throw new PositionGone(`${name} is gone: the log begins at ${begin}`);
        // A broker that led before and does not know yet that another one does may say so; asked again, then told.
        throw new Error(`${name} lies beyond the end of the log`, { cause: error });
      }
    });
  }

  /** After an error, connections and what they know are made anew: leaders move. */
  async #with<Result>(ask: (cluster: Cluster) => Promise<Result>): Promise<Result> {
    for (let waitMs = AGAIN_WAIT_MS; ; waitMs *= 2) {
      const connected = this.#connect();
      try {
        return await within(ASK_MAX_MS, connected.then(ask));
      } catch (error) {
        if (error instanceof PositionGone) throw error;
        this.#drop(connected);
        if (waitMs > AGAIN_WAIT_MAX_MS) throw error;
        await new Promise((resolve) => setTimeout(resolve, waitMs));
      }
    }
  }

  #connect(): Promise<Cluster> {
    if (this.#closed) throw new Error('the log is closed');
    return (this.#cluster ??= connectCluster(this.#options, this.#topics));
  }

  /** Unless that has been replaced already. */
  #drop(connected: Promise<Cluster> | undefined): void {
    if (this.#cluster !== connected) return;
    this.#cluster = undefined;
    void connected?.then((cluster) => cluster.disconnect()).catch(() => undefined);
  }
}

function hasLeaderless(cluster: Cluster, topics: ReadonlyMap<string, number>): boolean {
  return [...topics].some(([topic, count]) => {
    const partitions = Array.from({ length: count }, (_, partition) => partition);
    const led = leadersOf(cluster, topic, partitions).flatMap(([, list]) => list);
    return led.length < count;
  });
}

async function leaderOf(cluster: Cluster, place: KafkaPartition): Promise<Broker> {
  await cluster.refreshMetadataIfNecessary();
  const [leader] = leadersOf(cluster, place.topic, [place.partition]);
  if (leader === undefined) throw new Error(`${nameOf(place)} has no leader`);
  return cluster.findBroker({ nodeId: leader[0] });
}

async function listOffsets(
  broker: Broker,
  topic: string,
  partitions: readonly number[],
  timestamp: number,
  isolationLevel = READ_COMMITTED,
): Promise<ReadonlyMap<number, number>> {
  const { responses } = await broker.listOffsets({
    replicaId: NO_REPLICA,
    isolationLevel,
    topics: [{ topic, partitions: partitions.map((partition) => ({ partition, timestamp })) }],
  });
  const found = responses[0]?.partitions ?? [];
  return new Map(found.map(({ partition, offset }) => [partition, Number(offset)]));
}
