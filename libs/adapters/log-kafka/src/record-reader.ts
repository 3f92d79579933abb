import type { Partition } from '@staffetta/core';
import { ReadAhead } from './read-ahead.ts';
import type { Reader } from './reader.ts';
import { decodeRecord } from './record-codec.ts';
import type { ReadRecord } from './record-codec.ts';
import { nameOf } from './topics.ts';
import type { Topics } from './topics.ts';

/** Octets of the log that are fetched at once; a batch of records always comes whole. */
const FETCH_BYTES = 1024 * 1024;

/** How much is read. */
export interface ReadLimits {
  readonly recordsMax: number;
  readonly bytesMax: number;
}

/** Reads records of mail. A position is an offset plus one; markers of transactions leave gaps. */
export class RecordReader {
  readonly #reader: Reader;
  readonly #topics: Topics;
  readonly #ahead = new ReadAhead();

  constructor(reader: Reader, topics: Topics) {
    this.#reader = reader;
    this.#topics = topics;
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
        : await this.#fetch(partition, ahead?.nextPosition ?? position);
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

  async #fetch(
    partition: Partition,
    position: number,
  ): Promise<{ readonly records: readonly ReadRecord[]; readonly nextPosition: number }> {
    const place = this.#topics.placeOf(partition);
    const { messages, nextOffset } = await this.#reader.read(place, position - 1, FETCH_BYTES);
    const records = messages.map((message) => decodeRecord(partition, message));
    return { records, nextPosition: nextOffset + 1 };
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
