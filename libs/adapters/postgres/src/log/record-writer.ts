import { laneOf } from '@staffetta/core';
import type { Body, LogRecord, MailEvent, StoredRecord, Topic } from '@staffetta/core';
import type { Connection, Database } from '../database.ts';
import { encodeBatch } from './batch-codec.ts';
import type { PlacedRecord } from './batch-codec.ts';
import { formatBodyRef, parseBodyRef, SEGMENT_BYTES } from './body-ref.ts';
import { ACCEPTED_LANES, LOCAL_LANES, partitionNumber, partitionOf } from './partitions.ts';
import type { Slice, Slices } from './slices.ts';
import type { ParkSlices } from '../scheduled/park-slices.ts';
import { eventStatements } from '../trace/write-events.ts';
import { unparkBodies } from './unpark-bodies.ts';
import { writeStatement } from './write-statement.ts';
import type { Batches, Fence, Segment } from './write-statement.ts';

/** Segment numbers taken from the database at once. */
const SEGMENT_BLOCK = 1_000;
/** A body of this size has a segment of its own: joining it to others would copy it once more. */
const OWN_SEGMENT_BYTES = 32 * 1024;
/** So long a lane of accepted mail is written to, in milliseconds: a router reads several writes as one batch. */
const ACCEPTED_LANE_MS = 25;
/** Each number of segments is a statement of its own. */
const OWN_SEGMENTS_MAX = 16;

/** The slice was closed between the choice and the write, or the lease is another's: nothing was written. */
export class NotWritten extends Error {
  override readonly name = 'NotWritten';
}

/** What is written beside the records. */
export interface Beside {
  readonly events?: readonly MailEvent[];
  readonly fence?: Fence;
}

/** Writes records, their bodies and events: as one statement, or inside a transaction that somebody else began. */
export class RecordWriter {
  readonly #database: Database;
  readonly #slices: Slices;
  readonly #parkSlices: ParkSlices;
  readonly #outboundLanes: number;
  #nextSegment = 0;
  #segmentsEnd = 0;
  readonly #firstAcceptedLane = Math.floor(Math.random() * ACCEPTED_LANES);

  constructor(database: Database, slices: Slices, parkSlices: ParkSlices, outboundLanes: number) {
    this.#database = database;
    this.#slices = slices;
    this.#parkSlices = parkSlices;
    this.#outboundLanes = outboundLanes;
  }

  /**
   * Writes everything or nothing. Throws NotWritten where the slice was closed meanwhile (forget it and repeat) or,
   * with a fence, the lease is another's. The records may be handed on once it is committed.
   */
  async write(
    connection: Connection,
    records: readonly LogRecord[],
    { events = [], fence }: Beside = {},
  ): Promise<StoredRecord[]> {
    if (records.length === 0 && events.length === 0 && !fence) return [];
    const slice = await this.#slices.current();
    const take = (count: number): Promise<number> => this.#takeSegments(count);
    const logged = await unparkBodies(connection, this.#parkSlices, slice, take, records);
    const { placed, segments } = await this.#placeBodies(slice, logged);
    const partitions = this.#partition(placed);
    const batches = encodeBatches(partitions);
    // What is too much for one statement is inside a transaction, and goes before it.
    const before = this.needsTransaction(records) ? segments.splice(0, segments.length - 1) : [];
    for (const segment of before) await insertSegment(connection, slice, segment);
    const statement = writeStatement({
      slice,
      batches,
      segments,
      events: eventStatements(events),
      fence,
    });
    const { rows } = await connection.query<{ partition: number; base: number }>(statement);
    if (rows.length === 0) throw new NotWritten('the slice was closed or the lease is lost');
    const bases = new Map(rows.map((row) => [row.partition, row.base]));
    return [...partitions].flatMap(([number, list]) => {
      const partition = partitionOf(number);
      const base = bases.get(number)!;
      return list.map((record, index) => ({ ...record, partition, position: base + index }));
    });
  }

  /** Whether the records need more than one statement, and so a transaction around it. */
  needsTransaction(records: readonly LogRecord[]): boolean {
    let bytes = 0;
    for (const { body } of records) if (body.ref === undefined) bytes += body.sizeBytes;
    return bytes > SEGMENT_BYTES;
  }

  /** Gives each body its place; the segments are still to be written. */
  async #placeBodies(
    slice: Slice,
    records: readonly LogRecord[],
  ): Promise<{ readonly placed: PlacedRecord[]; readonly segments: Segment[] }> {
    const places = new Map<Body, PlacedRecord['body']>();
    const segments: Segment[] = [];
    let pending: Buffer[] = [];
    let pendingBytes = 0;
    let number = await this.#takeSegments(1);
    const close = async (): Promise<void> => {
      if (pending.length === 0) return;
      const bytes = pending.length === 1 ? pending[0]! : Buffer.concat(pending, pendingBytes);
      segments.push({ number, bytes });
      pending = [];
      pendingBytes = 0;
      number = await this.#takeSegments(1);
    };
    for (const { body } of records) {
      if (places.has(body)) continue;
      if (body.ref !== undefined) {
        places.set(body, body as PlacedRecord['body']);
        continue;
      }
      if (!body.bytes) throw new Error('a body has neither octets nor a place');
      if (body.bytes.length > SEGMENT_BYTES) {
        const large = await this.#splitLargeBody(body.bytes);
        segments.push(...large);
        const ref = formatBodyRef({
          kind: 'log',
          slice: slice.seq,
          segment: large[0]!.number,
          offset: 0,
        });
        // Too large to be handed on in memory: readers stream it.
        places.set(body, { sizeBytes: body.bytes.length, bytes: undefined, ref });
        continue;
      }
      if (body.bytes.length >= OWN_SEGMENT_BYTES && segments.length < OWN_SEGMENTS_MAX) {
        const own = await this.#takeSegments(1);
        segments.push({ number: own, bytes: body.bytes });
        const ref = formatBodyRef({ kind: 'log', slice: slice.seq, segment: own, offset: 0 });
        places.set(body, { sizeBytes: body.sizeBytes, bytes: body.bytes, ref });
        continue;
      }
      if (pendingBytes + body.bytes.length > SEGMENT_BYTES) await close();
      const ref = formatBodyRef({
        kind: 'log',
        slice: slice.seq,
        segment: number,
        offset: pendingBytes,
      });
      places.set(body, { sizeBytes: body.sizeBytes, bytes: body.bytes, ref });
      pending.push(body.bytes);
      pendingBytes += body.bytes.length;
    }
    await close();
    const placed = records.map((record) => ({ ...record, body: places.get(record.body)! }));
    return { placed, segments };
  }

  async #splitLargeBody(bytes: Buffer): Promise<Segment[]> {
    const count = Math.ceil(bytes.length / SEGMENT_BYTES);
    const first = await this.#takeSegments(count);
    return Array.from({ length: count }, (_, index) => ({
      number: first + index,
      bytes: bytes.subarray(index * SEGMENT_BYTES, (index + 1) * SEGMENT_BYTES),
    }));
  }

  /** The records by partition, in order of its number. */
  #partition(placed: readonly PlacedRecord[]): ReadonlyMap<number, readonly PlacedRecord[]> {
    const byPartition = new Map<number, PlacedRecord[]>();
    const acceptedLane = this.#acceptedLaneNow();
    for (const record of placed) {
      const number = partitionNumber({
        topic: record.topic,
        lane: this.#laneOf(record.topic, record.key, acceptedLane),
        bulk: record.topic !== 'local' && record.envelope.bulk,
      });
      const list = byPartition.get(number);
      if (list) list.push(record);
      else byPartition.set(number, [record]);
    }
    return new Map([...byPartition].sort(([a], [b]) => a - b));
  }

  /** What was just accepted needs no order: all of it goes to one lane for a moment, then to the next. */
  #acceptedLaneNow(): number {
    const turns = Math.floor(performance.now() / ACCEPTED_LANE_MS);
    return (this.#firstAcceptedLane + turns) % ACCEPTED_LANES;
  }

  #laneOf(topic: Topic, key: string, acceptedLane: number): number {
    if (topic === 'accepted') return acceptedLane;
    return laneOf(key, topic === 'outbound' ? this.#outboundLanes : LOCAL_LANES);
  }

  /** The first of so many numbers in a row. */
  async #takeSegments(count: number): Promise<number> {
    if (this.#nextSegment + count > this.#segmentsEnd) {
      const rows = await this.#database.query<{ first: number }>(
        `select nextval('log_segment') as first`,
      );
      this.#nextSegment = rows[0]!.first;
      this.#segmentsEnd = this.#nextSegment + SEGMENT_BLOCK;
    }
    const first = this.#nextSegment;
    this.#nextSegment += count;
    return first;
  }
}

function oldestBodySlice(records: readonly PlacedRecord[]): number {
  let oldest = Number.MAX_SAFE_INTEGER;
  for (const { body } of records) {
    const place = parseBodyRef(body.ref);
    if (place.kind === 'log') oldest = Math.min(oldest, place.slice);
  }
  return oldest;
}

function encodeBatches(partitions: ReadonlyMap<number, readonly PlacedRecord[]>): Batches {
  const lists = [...partitions.values()];
  return {
    numbers: [...partitions.keys()],
    counts: lists.map((list) => list.length),
    bodySlices: lists.map(oldestBodySlice),
    batches: lists.map(encodeBatch),
  };
}

async function insertSegment(
  connection: Connection,
  slice: Slice,
  { number, bytes }: Segment,
): Promise<void> {
  await connection.query({
    name: `log_${slice.ring}_body`,
    text: `insert into log_${slice.ring}_body (segment, bytes) values ($1, $2)`,
    values: [number, bytes],
  });
}
