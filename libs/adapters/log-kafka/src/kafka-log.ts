import { GroupAppend, LogUnavailable } from '@staffetta/core';
import type {
  Body,
  Causes,
  CountedLog,
  LaneLease,
  Log,
  LogRecord,
  MailEvent,
  OnGroup,
  Partition,
  PipeResult,
  StoredRecord,
  Topic,
} from '@staffetta/core';
import { Appender } from './appender.ts';
import { BodyStore } from './body-store.ts';
import type { BodyStoreOptions } from './body-store.ts';
import { KafkaCountedLog } from './counted-log.ts';
import { EventReader } from './event-reader.ts';
import { Follower } from './follower.ts';
import type { KafkaConnectionOptions } from './connection-options.ts';
import { Pipe } from './pipe.ts';
import { ProducerFenced } from './producer.ts';
import { Reader } from './reader.ts';
import { RecordReader } from './record-reader.ts';
import type { ReadLimits } from './record-reader.ts';
import { nameOf, Topics } from './topics.ts';
import type { TopicSettings } from './topics.ts';
import { Trims } from './trims.ts';

const PIPE_BYTES_MAX = 16 * 1024 * 1024;

/** What the log needs to know. */
export interface KafkaLogOptions extends TopicSettings, BodyStoreOptions {
  readonly connection: KafkaConnectionOptions;
  /** Names this process among those that run at the same time; the same again when it starts again. */
  readonly instance: string;
  /** By which a record is told from its repeats. */
  readonly causes: Causes;
  /** Whether nobody has taken the lane since, by what keeps the leases. */
  readonly isHeld: (lease: LaneLease) => Promise<boolean>;
  /** Appenders that write at the same time, each with one group on its way. */
  readonly appenders: number;
  /** How long records are kept that were trimmed. */
  readonly keepMs: number;
  readonly compression: 'none' | 'gzip';
  /** See PipeOptions. */
  readonly saveAgainMs?: number;
  readonly onGroup?: OnGroup;
}

/** The log in Apache Kafka: see docs/architecture.md. Its positions grow, with gaps. */
export class KafkaLog implements Log {
  /** What was told of messages, for the trace. */
  readonly events: EventReader;
  /** What the ledger's check counts. */
  readonly counted: CountedLog;
  readonly #options: KafkaLogOptions;
  readonly #topics: Topics;
  readonly #reader: Reader;
  readonly #records: RecordReader;
  readonly #bodies: BodyStore;
  readonly #follower: Follower;
  readonly #trims: Trims;
  readonly #appenders: readonly Appender[];
  readonly #groups: readonly GroupAppend[];
  readonly #pipes = new Map<string, Pipe>();
  #next = 0;

  constructor(options: KafkaLogOptions) {
    const { connection, compression, instance } = options;
    this.#options = options;
    this.#topics = new Topics(options);
    const topics = [...this.#topics.all().keys()];
    this.#reader = new Reader(connection, topics);
    this.#follower = new Follower(this.#reader, connection, topics);
    this.#trims = new Trims(this.#reader, options.keepMs);
    this.events = new EventReader(this.#reader, this.#follower, this.#topics, this.#trims);
    this.#records = new RecordReader(this.#reader, this.#follower, this.#topics, options.causes);
    this.counted = new KafkaCountedLog(this.#reader, this.#topics, this.#records, this.events);
    this.#bodies = new BodyStore(options, this.#records);
    this.#appenders = Array.from({ length: options.appenders }, (_, index) => {
      const transactionalId = `${options.prefix}.append.${instance}.${index}`;
      const producer = { connection, topics, compression, transactionalId };
      return new Appender(this.#topics, producer);
    });
    this.#groups = this.#appenders.map(
      (appender) =>
        new GroupAppend((group) => appender.write(group), options.onGroup ?? (() => undefined)),
    );
  }

  async append(records: readonly LogRecord[], events: readonly MailEvent[]): Promise<void> {
    if (records.length === 0 && events.length === 0) return;
    const placed = await this.#bodies.place(records).catch((error: unknown) => {
      throw new LogUnavailable('a content could not be stored', { cause: error });
    });
    const group = this.#groups[this.#next++ % this.#groups.length]!;
    await group.append(placed, events);
  }

  read(
    partition: Partition,
    position: number,
    limits: ReadLimits,
  ): Promise<readonly StoredRecord[]> {
    return this.#records.read(partition, position, limits);
  }

  watch(topic: Topic, onAppended: (partition: Partition) => void): () => void {
    const stops = this.#topics
      .namesOf(topic)
      .map((name, twin) =>
        this.#follower.watch(name, (lane) => onAppended({ topic, lane, bulk: twin === 1 })),
      );
    return () => {
      for (const stop of stops) stop();
    };
  }

  trim(partition: Partition, position: number): void {
    this.#trims.trim(this.#topics.placeOf(partition), position - 1);
  }

  /** Removes what was trimmed long enough ago; to be called every minute or so. */
  removeTrimmed(): Promise<void> {
    return this.#trims.tend();
  }

  async pipe(
    lease: LaneLease,
    bulk: boolean,
    recordsMax: number,
    transform: (records: readonly StoredRecord[]) => Promise<PipeResult>,
  ): Promise<number | 'lost'> {
    const partition = { topic: lease.topic, lane: lease.lane, bulk };
    const pipe = await this.#pipeUnder(lease, partition);
    if (!pipe) return 'lost';
    const limits = { recordsMax, bytesMax: PIPE_BYTES_MAX };
    const records = await this.#records.read(partition, pipe.position, limits);
    const last = records.at(-1);
    if (!last) return 0;
    const result = await transform(records);
    const events = [...records.flatMap(({ carried }) => carried), ...result.events];
    const next = last.position + 1;
    const placed = await this.#bodies.place(result.records);
    try {
      // Its successor may not have come by yet to fence it; then this is the only sign.
      if (!(await this.#options.isHeld(lease))) return this.#lose(partition);
      await pipe.write({ records: placed, events, next });
    } catch (error) {
      this.#lose(partition);
      // Whoever fenced it may have come late, with an older lease than this one.
      if (error instanceof ProducerFenced && !(await this.#options.isHeld(lease))) return 'lost';
      throw error;
    }
    this.trim(partition, next);
    return records.length;
  }

  readBody(body: Body): Promise<Buffer> {
    return this.#bodies.read(body);
  }

  bodyChunks(body: Body): AsyncIterable<Buffer> {
    return this.#bodies.chunks(body);
  }

  /** Ends all connections; what is being appended is waited for. */
  async close(): Promise<void> {
    this.#follower.close();
    await Promise.all(this.#groups.map((group) => group.idle()));
    for (const appender of this.#appenders) appender.close();
    for (const pipe of this.#pipes.values()) pipe.close();
    this.#pipes.clear();
    this.#reader.close();
  }

  /** The pipe of a partition, opened anew under each lease and after each failure; none where the lease is lost. */
  async #pipeUnder(lease: LaneLease, partition: Partition): Promise<Pipe | undefined> {
    const name = nameOf(this.#topics.placeOf(partition));
    const opened = this.#pipes.get(name);
    if (opened?.isUnder(lease)) return opened;
    // To open it would fence the rightful owner.
    if (!(await this.#options.isHeld(lease))) return undefined;
    this.#lose(partition);
    const { connection, compression, saveAgainMs } = this.#options;
    const pipe = await Pipe.open(lease, partition, this.#topics, {
      ...{ connection, compression, saveAgainMs },
      topics: [...this.#topics.all().keys()],
      reader: this.#reader,
    });
    this.#pipes.set(name, pipe);
    return pipe;
  }

  #lose(partition: Partition): 'lost' {
    const name = nameOf(this.#topics.placeOf(partition));
    const pipe = this.#pipes.get(name);
    this.#pipes.delete(name);
    pipe?.close();
    return 'lost';
  }
}
