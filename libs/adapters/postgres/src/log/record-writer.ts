import { laneOf } from '@staffetta/core';
import type { Body, LogRecord, StoredRecord, Topic } from '@staffetta/core';
import type { Connection, Database } from '../database.ts';
import { encodeBatch } from './batch-codec.ts';
import type { PlacedRecord } from './batch-codec.ts';
import { formatBodyRef, parseBodyRef, SEGMENT_BYTES } from './body-ref.ts';
import { ACCEPTED_LANES, LOCAL_LANES, partitionNumber, partitionOf } from './partitions.ts';
import type { Slice, Slices } from './slices.ts';

/** Segment numbers taken from the database at once. */
const SEGMENT_BLOCK = 1_000;

/** The slice was closed between the choice and the write: choose again. */
export class SliceClosed extends Error {
  override readonly name = 'SliceClosed';
}

/** Writes records and their bodies inside a transaction that somebody else began. */
export class RecordWriter {
  readonly #database: Database;
  readonly #slices: Slices;
  readonly #outboundLanes: number;
  #nextSegment = 0;
  #segmentsEnd = 0;
  #acceptedLane = Math.floor(Math.random() * ACCEPTED_LANES);

  constructor(database: Database, slices: Slices, outboundLanes: number) {
    this.#database = database;
    this.#slices = slices;
    this.#outboundLanes = outboundLanes;
  }

  /**
   * Writes the records; the last statement takes the row locks of their partitions, in order, so that numbers become
   * visible in order. Throws SliceClosed (roll back and repeat). The records may be handed on after the commit.
   */
  async write(connection: Connection, records: readonly LogRecord[]): Promise<StoredRecord[]> {
    if (records.length === 0) return [];
    const slice = await this.#slices.current();
    const placed = await this.#placeBodies(connection, slice, records);
    return this.#writeRecords(connection, slice, placed);
  }

  async #placeBodies(
    connection: Connection,
    slice: Slice,
    records: readonly LogRecord[],
  ): Promise<PlacedRecord[]> {
    const places = new Map<Body, PlacedRecord['body']>();
    let pending: Buffer[] = [];
    let pendingBytes = 0;
    let segment = await this.#takeSegments(1);
    const flush = async (): Promise<void> => {
      if (pendingBytes === 0) return;
      const bytes = pending.length === 1 ? pending[0]! : Buffer.concat(pending, pendingBytes);
      await insertSegment(connection, slice, segment, bytes);
      pending = [];
      pendingBytes = 0;
      segment = await this.#takeSegments(1);
    };
    for (const { body } of records) {
      if (places.has(body)) continue;
      if (body.ref !== undefined) {
        places.set(body, body as PlacedRecord['body']);
        continue;
      }
      if (!body.bytes) throw new Error('a body has neither octets nor a place');
      if (pendingBytes > 0 && pendingBytes + body.bytes.length > SEGMENT_BYTES) await flush();
      if (body.bytes.length > SEGMENT_BYTES) {
        places.set(body, await this.#placeLargeBody(connection, slice, body.bytes));
        continue;
      }
      const ref = formatBodyRef({ kind: 'log', slice: slice.seq, segment, offset: pendingBytes });
      places.set(body, { sizeBytes: body.sizeBytes, bytes: body.bytes, ref });
      pending.push(body.bytes);
      pendingBytes += body.bytes.length;
    }
    await flush();
    return records.map((record) => ({ ...record, body: places.get(record.body)! }));
  }

  async #placeLargeBody(
    connection: Connection,
    slice: Slice,
    bytes: Buffer,
  ): Promise<PlacedRecord['body']> {
    const first = await this.#takeSegments(Math.ceil(bytes.length / SEGMENT_BYTES));
    for (let offset = 0; offset < bytes.length; offset += SEGMENT_BYTES) {
      const part = bytes.subarray(offset, offset + SEGMENT_BYTES);
      await insertSegment(connection, slice, first + offset / SEGMENT_BYTES, part);
    }
    const ref = formatBodyRef({ kind: 'log', slice: slice.seq, segment: first, offset: 0 });
    // Too large to be handed on in memory: readers stream it.
    return { sizeBytes: bytes.length, bytes: undefined, ref };
  }

  async #writeRecords(
    connection: Connection,
    slice: Slice,
    placed: readonly PlacedRecord[],
  ): Promise<StoredRecord[]> {
    const byPartition = new Map<number, PlacedRecord[]>();
    const acceptedLane = this.#acceptedLane++ % ACCEPTED_LANES;
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
    const numbers = [...byPartition.keys()].sort((a, b) => a - b);
    const batches = numbers.map((number) => encodeBatch(byPartition.get(number)!));
    const bases = await insertBatches(connection, slice, {
      numbers,
      counts: numbers.map((number) => byPartition.get(number)!.length),
      bodySlices: numbers.map((number) => oldestBodySlice(byPartition.get(number)!)),
      batches,
    });
    return numbers.flatMap((number) => {
      const partition = partitionOf(number);
      const base = bases.get(number)!;
      return byPartition
        .get(number)!
        .map((record, index) => ({ ...record, partition, position: base + index }));
    });
  }

  #laneOf(topic: Topic, key: string, acceptedLane: number): number {
    // What was just accepted needs no order: one partition a write, another one each time.
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

async function insertSegment(
  connection: Connection,
  slice: Slice,
  segment: number,
  bytes: Buffer,
): Promise<void> {
  await connection.query({
    name: `log_${slice.ring}_body`,
    text: `insert into log_${slice.ring}_body (segment, bytes) values ($1, $2)`,
    values: [segment, bytes],
  });
}

interface Batches {
  readonly numbers: readonly number[];
  readonly counts: readonly number[];
  readonly bodySlices: readonly number[];
  readonly batches: readonly Buffer[];
}

/** Draws the numbers and inserts the rows; the first position of each partition. */
async function insertBatches(
  connection: Connection,
  slice: Slice,
  { numbers, counts, bodySlices, batches }: Batches,
): Promise<ReadonlyMap<number, number>> {
  const lengths = batches.map((batch) => batch.length);
  let offset = 1;
  const offsets = lengths.map((length) => (offset += length) - length);
  const result = await connection.query<{ partition: number; base: number }>({
    name: `log_${slice.ring}_record`,
    text: `with written as (
             select * from unnest($2::int[], $3::int[], $4::bigint[], $5::int[], $6::int[])
               as batch (partition, count, body_slice, "offset", length)
           ), locked as (
             select id from log_partition where id = any($2::int[])
               and exists (select from log_slice where seq = $1 and closed_at is null)
             order by id for update
           ), numbered as (
             update log_partition set next = next + written.count
             from written, locked
             where log_partition.id = written.partition and locked.id = log_partition.id
             returning log_partition.id as partition, next - written.count as base
           )
           insert into log_${slice.ring}_record (partition, base, count, body_slice, records)
           select numbered.partition, base, count, least(body_slice, $1),
                  substring($7::bytea from "offset" for length)
           from numbered join written using (partition)
           returning partition, base`,
    values: [
      slice.seq,
      numbers,
      counts,
      bodySlices,
      offsets,
      lengths,
      batches.length === 1 ? batches[0] : Buffer.concat(batches),
    ],
  });
  if (result.rows.length !== numbers.length) {
    if (result.rows.length === 0) throw new SliceClosed('the slice was closed');
    throw new Error('a partition is missing: was the log made with fewer lanes?');
  }
  return new Map(result.rows.map((row) => [row.partition, row.base]));
}
