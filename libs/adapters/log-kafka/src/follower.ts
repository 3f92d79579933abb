import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { committedRecords } from './committed-records.ts';
import { connectCluster, leadersOf, READ_COMMITTED } from './kafkajs-internals.ts';
import type { KafkaConnectionOptions } from './connection-options.ts';
import type { Cluster, FetchedPartition } from './kafkajs-internals.ts';
import type { Found, Reader } from './reader.ts';
import { nameOf } from './topics.ts';
import type { KafkaPartition } from './topics.ts';

const NO_REPLICA = -1;
/** A broker with nothing new answers after this time; what is followed meanwhile is asked for then, in milliseconds. */
const WAIT_MS = 250;
/** After an answer that brought something the next question waits until so long after its own begin, in milliseconds. */
const ROUND_MS = 50;
const PARTITION_BYTES = 1024 * 1024;
const ROUND_BYTES = 4 * 1024 * 1024;
/** What came and is not read is forgotten after this time: its reader has gone, in milliseconds. */
const KEEP_MS = 2_000;
/** After an error readers look for themselves, and are followed anew, in milliseconds. */
const AGAIN_MS = 250;

/** A reader has everything before `at`; between `from` and `at` there is nothing for it. */
interface Followed {
  readonly place: KafkaPartition;
  readonly from: number;
  at: number;
}

interface Arrived {
  readonly from: number;
  readonly at: number;
  readonly found: Found;
  readonly keptAtMs: number;
}

type OnReadable = (partition: number) => void;

/**
 * Follows watched partitions from where their readers found nothing more: one question to each broker is open all the
 * time, for all of them. What comes is kept for the reader, who is told. So readers at the end cost no requests of
 * their own, and open transactions no waiting.
 */
export class Follower {
  readonly #reader: Reader;
  readonly #connection: KafkaConnectionOptions;
  readonly #topics: readonly string[];
  readonly #callbacks = new Map<string, Set<OnReadable>>();
  readonly #followed = new Map<string, Followed>();
  readonly #arrived = new Map<string, Arrived>();
  /** Brokers that are being asked. */
  readonly #asking = new Set<string>();
  #isStarting = false;
  #cluster: Promise<Cluster> | undefined;
  #closed = false;

  constructor(reader: Reader, connection: KafkaConnectionOptions, topics: readonly string[]) {
    this.#reader = reader;
    this.#connection = connection;
    this.#topics = topics;
  }

  /** Calls back when a partition of the topic, which was read to its end since, has more. */
  watch(topic: string, onReadable: OnReadable): () => void {
    const callbacks = this.#callbacks.get(topic) ?? new Set();
    this.#callbacks.set(topic, callbacks);
    callbacks.add(onReadable);
    return () => callbacks.delete(onReadable);
  }

  /** As the reader's `read`; of a watched topic it does not wait for what is not committed: the watch tells of it. */
  async read(place: KafkaPartition, fromOffset: number, bytesMax: number): Promise<Found> {
    if (!this.#callbacks.get(place.topic)?.size) {
      return this.#reader.read(place, fromOffset, bytesMax);
    }
    const known = this.#take(place, fromOffset);
    if (known) return known;
    const found = await this.#reader.read(place, fromOffset, bytesMax, { waits: false });
    if (found.messages.length === 0)
      this.#follow({ place, from: fromOffset, at: found.nextOffset });
    return found;
  }

  close(): void {
    this.#closed = true;
    this.#followed.clear();
    this.#drop(this.#cluster);
  }

  #take(place: KafkaPartition, offset: number): Found | undefined {
    const name = nameOf(place);
    const followed = this.#followed.get(name);
    if (followed && covers(followed, offset)) return { messages: [], nextOffset: followed.at };
    const arrived = this.#arrived.get(name);
    if (!arrived || !covers(arrived, offset)) return undefined;
    this.#arrived.delete(name);
    const { nextOffset } = arrived.found;
    this.#follow({ place, from: nextOffset, at: nextOffset });
    return arrived.found;
  }

  #follow(followed: Followed): void {
    if (this.#closed) return;
    this.#arrived.delete(nameOf(followed.place));
    this.#followed.set(nameOf(followed.place), followed);
    this.#wake();
  }

  #wake(): void {
    if (this.#closed || this.#isStarting) return;
    this.#isStarting = true;
    void this.#start().finally(() => (this.#isStarting = false));
  }

  /** Asks the brokers that lead something followed and are not asked yet. */
  async #start(): Promise<void> {
    // What is followed in the same turn goes into the first question.
    await sleep(0);
    const connected = (this.#cluster ??= connectCluster(this.#connection, this.#topics));
    try {
      const cluster = await connected;
      await cluster.refreshMetadataIfNecessary();
      for (const [nodeId, list] of this.#byLeader(cluster)) {
        if (nodeId === undefined) void this.#lookAgain(list);
        else if (!this.#asking.has(nodeId)) void this.#ask(nodeId, connected);
      }
    } catch {
      this.#drop(connected);
      void this.#lookAgain([...this.#followed.values()]);
    }
  }

  /** In the order in which they were followed: what brings much goes behind the others. */
  #byLeader(cluster: Cluster): Map<string | undefined, Followed[]> {
    return Map.groupBy(this.#followed.values(), ({ place }) => {
      const [leader] = leadersOf(cluster, place.topic, [place.partition]);
      return leader?.[0];
    });
  }

  /** One question after the other, while the broker leads something followed. */
  async #ask(nodeId: string, connected: Promise<Cluster>): Promise<void> {
    this.#asking.add(nodeId);
    let asked: readonly Followed[] = [];
    try {
      const cluster = await connected;
      for (;;) {
        asked = this.#byLeader(cluster).get(nodeId) ?? [];
        if (asked.length === 0 || this.#cluster !== connected) return;
        const beginMs = performance.now();
        const isAny = await this.#askOnce(cluster, nodeId, asked);
        this.#forgetUnread();
        if (isAny) await sleep(Math.max(ROUND_MS - (performance.now() - beginMs), 0));
      }
    } catch {
      this.#drop(connected);
      void this.#lookAgain(asked);
    } finally {
      this.#asking.delete(nodeId);
      if (this.#followed.size > 0) this.#wake();
    }
  }

  async #askOnce(cluster: Cluster, nodeId: string, asked: readonly Followed[]): Promise<boolean> {
    const broker = await cluster.findBroker({ nodeId });
    const topics = [...Map.groupBy(asked, ({ place }) => place.topic)].map(([topic, list]) => ({
      topic,
      partitions: list.map(({ place, at }) => ({
        partition: place.partition,
        fetchOffset: String(at),
        maxBytes: PARTITION_BYTES,
      })),
    }));
    const { responses } = await broker.fetch({
      replicaId: NO_REPLICA,
      isolationLevel: READ_COMMITTED,
      maxWaitTime: WAIT_MS,
      minBytes: 1,
      maxBytes: ROUND_BYTES,
      topics,
    });
    const answers = new Map(
      responses.flatMap(({ topicName: topic, partitions }) =>
        partitions.map((one) => [nameOf({ topic, partition: one.partition }), one]),
      ),
    );
    let isAny = false;
    for (const followed of asked) {
      const fetched = answers.get(nameOf(followed.place));
      if (!fetched || fetched.messages.length === 0) continue;
      isAny = true;
      this.#came(followed, fetched);
    }
    return isAny;
  }

  #came(followed: Followed, fetched: FetchedPartition): void {
    const { place, from, at } = followed;
    const name = nameOf(place);
    // It may be followed from elsewhere by now, or not any more.
    if (this.#followed.get(name) !== followed) return;
    const messages = committedRecords(fetched, at);
    const nextOffset = Math.max(Number(fetched.messages.at(-1)!.offset) + 1, at);
    if (messages.length === 0) {
      followed.at = nextOffset;
      return;
    }
    this.#followed.delete(name);
    this.#arrived.set(name, {
      from,
      at,
      found: { messages, nextOffset },
      keptAtMs: performance.now(),
    });
    this.#tell(place);
  }

  /** Their readers ask for themselves; who finds nothing more is followed anew. */
  async #lookAgain(list: readonly Followed[]): Promise<void> {
    const left = list.filter((followed) => this.#followed.get(nameOf(followed.place)) === followed);
    for (const { place } of left) this.#followed.delete(nameOf(place));
    await sleep(AGAIN_MS);
    if (!this.#closed) for (const { place } of left) this.#tell(place);
  }

  #tell({ topic, partition }: KafkaPartition): void {
    for (const callback of this.#callbacks.get(topic) ?? []) callback(partition);
  }

  #forgetUnread(): void {
    const untilMs = performance.now() - KEEP_MS;
    for (const [name, { keptAtMs }] of this.#arrived) {
      // In the order in which they came.
      if (keptAtMs > untilMs) return;
      this.#arrived.delete(name);
    }
  }

  #drop(connected: Promise<Cluster> | undefined): void {
    if (this.#cluster !== connected) return;
    this.#cluster = undefined;
    void connected?.then((cluster) => cluster.disconnect()).catch(() => undefined);
  }
}

function covers(
  { from, at }: { readonly from: number; readonly at: number },
  offset: number,
): boolean {
  return offset >= from && offset <= at;
}
