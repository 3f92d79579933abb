import type { StoredRecord } from '@staffetta/core';
import { partitionNumber } from './partitions.ts';

/** Octets of records kept for readers of the same process; beyond it they read from the database. */
const TAIL_BYTES_MAX = 64 * 1024 * 1024;
const RECORD_OVERHEAD_BYTES = 1_000;

interface PartitionTail {
  /** Contiguous, oldest first. */
  records: StoredRecord[];
  bytes: number;
}

/** Records just committed, handed to readers in the same process without a way through the database. */
export class Tail {
  readonly #partitions = new Map<number, PartitionTail>();
  #bytes = 0;

  /** Takes records that were committed, in order of position. */
  put(records: readonly StoredRecord[]): void {
    for (const record of records) {
      const number = partitionNumber(record.partition);
      let tail = this.#partitions.get(number);
      if (!tail) {
        tail = { records: [], bytes: 0 };
        this.#partitions.set(number, tail);
      }
      const last = tail.records.at(-1);
      // Another process appended between: what came before is no longer joined to what comes now.
      if (last && last.position + 1 !== record.position) this.#drop(tail);
      const bytes = sizeOf(record);
      if (this.#bytes + bytes > TAIL_BYTES_MAX) this.#makeRoom(bytes);
      tail.records.push(record);
      tail.bytes += bytes;
      this.#bytes += bytes;
    }
  }

  /** The records from a position on, which are forgotten here; undefined where they must be read from the database. */
  take(
    number: number,
    position: number,
    recordsMax: number,
    bytesMax: number,
  ): readonly StoredRecord[] | undefined {
    const tail = this.#partitions.get(number);
    const first = tail?.records[0];
    if (!tail || !first || position < first.position) return undefined;
    const from = position - first.position;
    if (from >= tail.records.length) {
      if (from > tail.records.length) this.#drop(tail);
      return undefined;
    }
    let end = from;
    let bytes = 0;
    while (end < tail.records.length && end - from < recordsMax) {
      bytes += tail.records[end]!.body.sizeBytes;
      if (end > from && bytes > bytesMax) break;
      end += 1;
    }
    const taken = tail.records.slice(from, end);
    for (let index = 0; index < end; index += 1) {
      const size = sizeOf(tail.records[index]!);
      tail.bytes -= size;
      this.#bytes -= size;
    }
    tail.records = tail.records.slice(end);
    // In the map those stand first that were read longest ago.
    this.#partitions.delete(number);
    this.#partitions.set(number, tail);
    return taken;
  }

  /** Drops what has not been read for longest: most likely another process reads it. */
  #makeRoom(bytes: number): void {
    for (const tail of this.#partitions.values()) {
      if (this.#bytes + bytes <= TAIL_BYTES_MAX) return;
      this.#drop(tail);
    }
  }

  #drop(tail: PartitionTail): void {
    this.#bytes -= tail.bytes;
    tail.records = [];
    tail.bytes = 0;
  }
}

function sizeOf(record: StoredRecord): number {
  return (record.body.bytes?.length ?? 0) + RECORD_OVERHEAD_BYTES;
}
