import { GroupAppend } from '@staffetta/core';
import type {
  Body,
  LaneLease,
  Log,
  LogRecord,
  MailEvent,
  OnGroup,
  Partition,
  PipeResult,
  ScheduledInsert,
  StoredRecord,
  Topic,
} from '@staffetta/core';
import type { Connection, Database } from '../database.ts';
import { ParkSlices } from '../scheduled/park-slices.ts';
import type { ParkSlice } from '../scheduled/park-slices.ts';
import { ParkedBodyReader } from '../scheduled/parked-body-reader.ts';
import type { Followed, SettlementLog } from '../settlement/settlement-log.ts';
import { prepareLanes } from '../lanes/prepare-lanes.ts';
import { ensureTraceDays } from '../trace/trace-days.ts';
import { daysOf, writeEvents } from '../trace/write-events.ts';
import { BodyReader } from './body-reader.ts';
import { copyToPark } from './copy-to-park.ts';
import { partitionNumber, TOPIC_NUMBERS } from './partitions.ts';
import { RecordReader } from './record-reader.ts';
import { NotWritten, RecordWriter } from './record-writer.ts';
import type { Beside } from './record-writer.ts';
import { Slices } from './slices.ts';
import type { SliceLimits } from './slices.ts';
import { Tail } from './tail.ts';
import { Watchers } from './watchers.ts';

/** Content in a record read back is at most this large; beyond it is streamed. */
const INLINE_BYTES_MAX = 256 * 1024;
/** A closed slice is forgotten and the next one taken; a lease that is lost stays so. */
const WRITE_TRIES_MAX = 3;
const PIPE_BYTES_MAX = 16 * 1024 * 1024;

/** What the log needs to know. */
export interface PostgresLogOptions {
  readonly database: Database;
  /** Lanes of `outbound`, fixed when the log was made. */
  readonly outboundLanes: number;
  readonly onGroup?: OnGroup;
  /** 256 MB, and a minute, by default. */
  readonly sliceLimits?: SliceLimits;
}

/** The log in tables of PostgreSQL: see docs/architecture.md for slices, segments and numbers. */
export class PostgresLog implements Log, SettlementLog {
  readonly isPartOfTransaction = true;
  readonly slices: Slices;
  readonly parkSlices: ParkSlices;
  readonly writer: RecordWriter;
  readonly bodies: BodyReader;
  readonly watchers: Watchers;
  readonly #database: Database;
  readonly #reader: RecordReader;
  readonly #tail = new Tail();
  readonly #appends: GroupAppend;
  readonly #trimmed = new Map<number, number>();
  readonly #pipePositions = new Map<string, number>();

  constructor(options: PostgresLogOptions) {
    this.#database = options.database;
    this.slices = new Slices(options.database, options.sliceLimits);
    this.parkSlices = new ParkSlices(options.database);
    this.writer = new RecordWriter(
      options.database,
      this.slices,
      this.parkSlices,
      options.outboundLanes,
    );
    const parked = new ParkedBodyReader(options.database, this.parkSlices);
    this.bodies = new BodyReader(options.database, this.slices, parked);
    this.#reader = new RecordReader(options.database, this.slices);
    this.watchers = new Watchers(options.database);
    this.#appends = new GroupAppend(
      (group) =>
        this.#write(
          group.flatMap(({ records }) => records),
          { events: group.flatMap(({ events }) => events) },
        ),
      options.onGroup ?? (() => undefined),
    );
  }

  append(records: readonly LogRecord[], events: readonly MailEvent[]): Promise<void> {
    return this.#appends.append(records, events);
  }

  async read(
    partition: Partition,
    position: number,
    limits: { readonly recordsMax: number; readonly bytesMax: number },
  ): Promise<readonly StoredRecord[]> {
    const number = partitionNumber(partition);
    const taken = this.#tail.take(number, position, limits.recordsMax, limits.bytesMax);
    if (taken) return taken;
    // Only who watches is told of what others append.
    if (this.watchers.isWatched(partition.topic) && this.watchers.isAtEnd(number, position))
      return [];
    return this.#readTables(partition, number, position, limits);
  }

  watch(topic: Topic, onAppended: (partition: Partition) => void): () => void {
    return this.watchers.watch(topic, onAppended);
  }

  trim(partition: Partition, position: number): void {
    this.#trimmed.set(partitionNumber(partition), position);
  }

  async pipe(
    lease: LaneLease,
    bulk: boolean,
    recordsMax: number,
    transform: (records: readonly StoredRecord[]) => Promise<PipeResult>,
  ): Promise<number | 'lost'> {
    const partition = { topic: lease.topic, lane: lease.lane, bulk };
    const key = `${partitionNumber(partition)} ${lease.owner} ${lease.epoch}`;
    const position = this.#pipePositions.get(key) ?? (await this.#savedPosition(lease, bulk));
    if (position === undefined) return 'lost';
    const limits = { recordsMax, bytesMax: PIPE_BYTES_MAX };
    const records = await this.read(partition, position, limits);
    this.#pipePositions.set(key, position);
    if (records.length === 0) return 0;
    const result = await transform(records);
    const next = position + records.length;
    try {
      await this.#write(result.records, {
        events: result.events,
        fence: { lease, bulk, from: position, position: next },
      });
    } catch (error) {
      this.#pipePositions.delete(key);
      const isOurs = (await this.#savedPosition(lease, bulk)) !== undefined;
      if (error instanceof NotWritten && !isOurs) return 'lost';
      throw error;
    }
    this.#pipePositions.set(key, next);
    this.trim(partition, next);
    return records.length;
  }

  readBody(body: Body): Promise<Buffer> {
    return this.bodies.read(body);
  }

  bodyChunks(body: Body): AsyncIterable<Buffer> {
    return this.bodies.chunks(body);
  }

  /** Hands records that another transaction wrote (a settlement) to readers in this process, after its commit. */
  committed(stored: readonly StoredRecord[]): void {
    if (stored.length === 0) return;
    const watched = stored.filter((record) => this.watchers.isWatched(record.topic));
    this.#tail.put(watched);
    this.watchers.appended(stored);
  }

  /** Events and records of outcomes, in the transaction that settles those. */
  async follow(
    connection: Connection,
    { events, records }: Followed,
  ): Promise<readonly StoredRecord[]> {
    if (events.length > 0) await writeEvents(connection, events);
    return this.writer.write(connection, records);
  }

  forget(): void {
    this.slices.forget();
  }

  park(
    connection: Connection,
    target: ParkSlice,
    inserts: readonly ScheduledInsert[],
  ): Promise<void> {
    return copyToPark(connection, this.slices, target, inserts);
  }

  /** Rotates and frees slices; to be called every few seconds by one process at a time. */
  async freeSettled(): Promise<void> {
    await this.slices.tend();
  }

  /** Makes rows for lanes and partitions that are not there yet. */
  async prepare(outboundLanes: number, acceptedLanes: number, localLanes: number): Promise<void> {
    await prepareLanes(this.#database, {
      accepted: acceptedLanes,
      outbound: outboundLanes,
      local: localLanes,
    });
    for (const [topic, lanes, classes] of [
      ['accepted', acceptedLanes, 2],
      ['outbound', outboundLanes, 2],
      ['local', localLanes, 1],
    ] as const) {
      const numbers = Array.from({ length: lanes * classes }, (_, index) =>
        partitionNumber({
          topic,
          lane: Math.floor(index / classes),
          bulk: classes === 2 && index % 2 === 1,
        }),
      );
      await this.#database.query(
        'insert into log_partition (id) select unnest($1::int[]) on conflict do nothing',
        [numbers],
      );
    }
  }

  /** Saves what was trimmed since the last time. */
  async saveTrimmed(): Promise<void> {
    const entries = [...this.#trimmed];
    if (entries.length === 0) return;
    await this.#database.query(
      `update log_partition set trimmed = done.position
       from unnest($1::int[], $2::bigint[]) as done (id, position)
       where log_partition.id = done.id and trimmed < done.position`,
      [entries.map(([number]) => number), entries.map(([, position]) => position)],
    );
    for (const [number, position] of entries) {
      if (this.#trimmed.get(number) === position) this.#trimmed.delete(number);
    }
  }

  /** Resolves when what is being appended has been written. */
  async idle(): Promise<void> {
    await this.#appends.idle();
    await this.saveTrimmed();
  }

  async #write(records: readonly LogRecord[], beside: Beside): Promise<readonly StoredRecord[]> {
    await ensureTraceDays(this.#database, daysOf(beside.events ?? []));
    for (let attempt = 1; ; attempt += 1) {
      try {
        const write = (connection: Connection): Promise<StoredRecord[]> =>
          this.writer.write(connection, records, beside);
        // One statement is its own transaction.
        const stored = this.writer.needsTransaction(records)
          ? await this.#database.transaction(write)
          : await this.#database.withConnection(write);
        this.committed(stored);
        return stored;
      } catch (error) {
        if (!(error instanceof NotWritten) || attempt === WRITE_TRIES_MAX) throw error;
        this.slices.forget();
      }
    }
  }

  async #readTables(
    partition: Partition,
    number: number,
    position: number,
    limits: { readonly recordsMax: number; readonly bytesMax: number },
  ): Promise<readonly StoredRecord[]> {
    const { records, next } = await this.#reader.read(partition, position, limits.recordsMax);
    if (records.length === 0) {
      this.watchers.foundEnd(number, next);
      return [];
    }
    return this.bodies.fill(cutToBytes(records, limits.bytesMax), INLINE_BYTES_MAX);
  }

  /** Where the results of a pipe end; undefined where the lease is another's by now. */
  async #savedPosition(lease: LaneLease, bulk: boolean): Promise<number | undefined> {
    const rows = await this.#database.query<{ position: number }>(
      `select ${bulk ? 'bulk_position' : 'position'} as position from lane
       where topic = $1 and lane = $2 and owner = $3 and epoch = $4`,
      [TOPIC_NUMBERS[lease.topic], lease.lane, lease.owner, lease.epoch],
    );
    return rows[0]?.position;
  }
}

function cutToBytes(records: readonly StoredRecord[], bytesMax: number): readonly StoredRecord[] {
  let bytes = 0;
  const end = records.findIndex((record, index) => {
    bytes += record.body.sizeBytes;
    return index > 0 && bytes > bytesMax;
  });
  return end === -1 ? records : records.slice(0, end);
}
