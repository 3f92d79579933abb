import { PositionGone } from '@staffetta/core';
import type {
  Body,
  LaneLease,
  Log,
  LogRecord,
  MailEvent,
  Partition,
  PipeResult,
  StoredRecord,
  Topic,
} from '@staffetta/core';
import type { Connection, Database } from '../database.ts';
import { ParkSlices } from '../scheduled/park-slices.ts';
import { ensureTraceDays } from '../trace/trace-days.ts';
import { daysOf } from '../trace/write-events.ts';
import { decodeBatch } from './batch-codec.ts';
import { BodyReader } from './body-reader.ts';
import { GroupAppend } from './group-append.ts';
import type { OnGroup } from './group-append.ts';
import { partitionNumber, TOPIC_NUMBERS } from './partitions.ts';
import { NotWritten, RecordWriter } from './record-writer.ts';
import type { Beside } from './record-writer.ts';
import { Slices } from './slices.ts';
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
}

/** The log in tables of PostgreSQL: see docs/architecture.md for slices, segments and numbers. */
export class PostgresLog implements Log {
  readonly slices: Slices;
  readonly parkSlices: ParkSlices;
  readonly writer: RecordWriter;
  readonly bodies: BodyReader;
  readonly watchers: Watchers;
  readonly #database: Database;
  readonly #tail = new Tail();
  readonly #appends: GroupAppend;
  readonly #trimmed = new Map<number, number>();
  readonly #pipePositions = new Map<string, number>();

  constructor(options: PostgresLogOptions) {
    this.#database = options.database;
    this.slices = new Slices(options.database);
    this.parkSlices = new ParkSlices(options.database);
    this.writer = new RecordWriter(options.database, this.slices, options.outboundLanes);
    this.bodies = new BodyReader(options.database, this.slices, this.parkSlices);
    this.watchers = new Watchers(options.database);
    this.#appends = new GroupAppend(
      (records, events) => this.#write(records, { events }),
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
    if (this.watchers.isAtEnd(number, position)) return [];
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
    const limits = { recordsMax, bytesMax: PIPE_BYTES_MAX };
    const records = await this.read(partition, position, limits);
    this.#pipePositions.set(key, position);
    if (records.length === 0) return 0;
    const result = await transform(records);
    const next = position + records.length;
    try {
      await this.#write(result.records, {
        events: result.events,
        fence: { lease, bulk, position: next },
      });
    } catch (error) {
      this.#pipePositions.delete(key);
      if (error instanceof NotWritten) return 'lost';
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

  /** Makes rows for lanes and partitions that are not there yet. */
  async prepare(outboundLanes: number, acceptedLanes: number, localLanes: number): Promise<void> {
    for (const [topic, lanes, classes] of [
      ['accepted', acceptedLanes, 2],
      ['outbound', outboundLanes, 2],
      ['local', localLanes, 1],
    ] as const) {
      await this.#database.query(
        `insert into lane (topic, lane) select $1, generate_series(0, $2::int - 1)
         on conflict do nothing`,
        [TOPIC_NUMBERS[topic], lanes],
      );
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
    this.#trimmed.clear();
    await this.#database.query(
      `update log_partition set trimmed = done.position
       from unnest($1::int[], $2::bigint[]) as done (id, position)
       where log_partition.id = done.id and trimmed < done.position`,
      [entries.map(([number]) => number), entries.map(([, position]) => position)],
    );
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
    const records: StoredRecord[] = [];
    let next = position;
    for (const slice of await this.slices.list()) {
      if (records.length >= limits.recordsMax) break;
      const rows = await this.#database.query<{ base: number; records: Buffer }>(
        `select base, records from log_${slice.ring}_record
         where partition = $1 and base + count > $2 order by base limit $3`,
        [number, next, limits.recordsMax],
      );
      for (const row of rows) {
        for (const record of decodeBatch(partition, row.base, row.records)) {
          if (record.position < next || records.length >= limits.recordsMax) continue;
          if (record.position !== next) throw gap(number, next);
          records.push(record);
          next += 1;
        }
      }
    }
    if (records.length === 0) {
      await this.#checkEnd(number, position);
      return [];
    }
    return this.bodies.fill(cutToBytes(records, limits.bytesMax), INLINE_BYTES_MAX);
  }

  async #checkEnd(number: number, position: number): Promise<void> {
    const rows = await this.#database.query<{ next: number }>(
      'select next from log_partition where id = $1',
      [number],
    );
    const next = rows[0]?.next ?? 1;
    if (next <= position) this.watchers.foundEnd(number, next);
    // Appended between the two looks: the next read finds it. A true gap stays.
    else if (!(await this.#isThere(number, position))) throw gap(number, position);
  }

  async #isThere(number: number, position: number): Promise<boolean> {
    for (const slice of await this.slices.list()) {
      const rows = await this.#database.query(
        `select from log_${slice.ring}_record where partition = $1 and base <= $2 and base + count > $2`,
        [number, position],
      );
      if (rows.length > 0) return true;
    }
    return false;
  }

  async #savedPosition(lease: LaneLease, bulk: boolean): Promise<number> {
    const rows = await this.#database.query<{ position: number }>(
      `select ${bulk ? 'bulk_position' : 'position'} as position from lane where topic = $1 and lane = $2`,
      [TOPIC_NUMBERS[lease.topic], lease.lane],
    );
    return rows[0]?.position ?? 1;
  }
}

function gap(number: number, position: number): PositionGone {
  return new PositionGone(`partition ${number} has no record at position ${position} any more`);
}

function cutToBytes(records: readonly StoredRecord[], bytesMax: number): readonly StoredRecord[] {
  let bytes = 0;
  const end = records.findIndex((record, index) => {
    bytes += record.body.sizeBytes;
    return index > 0 && bytes > bytesMax;
  });
  return end === -1 ? records : records.slice(0, end);
}
