import type { Causes, Partition } from '@staffetta/core';
import type { Follower } from './follower.ts';
import { ReadAhead } from './read-ahead.ts';
import type { Found, Reader } from './reader.ts';
import { decodeRecord } from './record-codec.ts';
import type { ReadRecord } from './record-codec.ts';
import { nameOf } from './topics.ts';
import type { KafkaPartition, Topics } from './topics.ts';

/** Octets of the log that are fetched at once; a batch of records always comes whole. */
const FETCH_BYTES = 1024 * 1024;

/** How much is read. */
export interface ReadLimits {
  readonly recordsMax: number;
  readonly bytesMax: number;
}

interface FetchedRecords {
  readonly records: readonly ReadRecord[];
  readonly nextPosition: number;
}

interface Source {
  read(place: KafkaPartition, fromOffset: number, bytesMax: number): Promise<Found>;
}

/** Reads records of mail. A position is an offset plus one; markers of transactions leave gaps, and so do repeats. */
export class RecordReader {
  readonly #reader: Reader;
  readonly #follower: Follower;
  readonly #topics: Topics;
  readonly #causes: Causes;
  readonly #ahead = new ReadAhead();

  constructor(reader: Reader, follower: Follower, topics: Topics, causes: Causes) {
    this.#reader = reader;
    this.#follower = follower;
    this.#topics = topics;
    this.#causes = causes;
  }

  async read(
    partition: Partition,
    position: number,
    limits: ReadLimits,
  ): Promise<readonly ReadRecord[]> {
    const name = nameOf(this.#topics.placeOf(partition));
    const ahead = this.#ahead.take(name, position);
    const found =
      ahead && ahead.records.length > 0
        ? ahead
        : await this.#fetch(this.#follower, partition, ahead?.nextPosition ?? position);
    const end = endWithin(found.records, limits);
    const records = found.records.slice(0, end);
    const last = records.at(-1);
    const next = last ? last.position + 1 : position;
    this.#ahead.put(name, next, found.records.slice(end), found.nextPosition);
    return records;
  }

  /** The record that is at a position. */
  async at(partition: Partition, position: number): Promise<ReadRecord | undefined> {
    const place = this.#topics.placeOf(partition);
    const { messages } = await this.#reader.read(place, position - 1, 1);
    const record = messages[0] && decodeRecord(partition, messages[0]);
    return record?.position === position ? record : undefined;
  }

  /** The next ones that are there, as many as are fetched at once; none at the end. Nobody follows them. */
  fetch(partition: Partition, position: number): Promise<FetchedRecords> {
    return this.#fetch(this.#reader, partition, position);
  }

  async #fetch(from: Source, partition: Partition, position: number): Promise<FetchedRecords> {
    const place = this.#topics.placeOf(partition);
    for (let offset = position - 1; ;) {
      const { messages, nextOffset } = await from.read(place, offset, FETCH_BYTES);
      const found = messages.map((message) => decodeRecord(partition, message));
      const records = await this.#withoutRepeats(found, nameOf(place));
      // Where all of them were repeats, what lies behind them has not been looked at.
      if (records.length > 0 || messages.length === 0) {
        return { records, nextPosition: nextOffset + 1 };
      }
      offset = nextOffset;
    }
  }

  async #withoutRepeats(
    records: readonly ReadRecord[],
    partition: string,
  ): Promise<readonly ReadRecord[]> {
    const placeOf = ({ position }: ReadRecord): string => `${partition} ${position}`;
    const caused = records.flatMap((record) =>
      record.cause === undefined ? [] : [{ cause: record.cause, place: placeOf(record) }],
    );
    if (caused.length === 0) return records;
    const holders = await this.#causes.claim(caused);
    return records.filter(
      (record) => record.cause === undefined || holders.get(record.cause) === placeOf(record),
    );
  }
}

function endWithin(records: readonly ReadRecord[], { recordsMax, bytesMax }: ReadLimits): number {
  let end = 0;
  let bytes = 0;
  while (end < records.length && end < recordsMax) {
    bytes += records[end]!.body.sizeBytes;
    if (end > 0 && bytes > bytesMax) break;
    end += 1;
  }
  return end;
}
