import { PositionGone } from '@staffetta/core';
import type { Partition, StoredRecord } from '@staffetta/core';
import type { Database } from '../database.ts';
import { decodeBatch } from './batch-codec.ts';
import { partitionNumber } from './partitions.ts';
import type { Slices } from './slices.ts';

/** What a look at the tables found from a position on. */
export interface FoundRecords {
  /** In order and without a gap; contents are not in memory. */
  readonly records: readonly StoredRecord[];
  /** The position that the next record appended will have. */
  readonly next: number;
}

/** Reads records of a partition from the tables of all slices in use. */
export class RecordReader {
  readonly #database: Database;
  readonly #slices: Slices;

  constructor(database: Database, slices: Slices) {
    this.#database = database;
    this.#slices = slices;
  }

  /** At most so many records from the position on. Rejects with PositionGone where the log no longer has it. */
  async read(partition: Partition, position: number, recordsMax: number): Promise<FoundRecords> {
    let found = await this.#look(partition, position, recordsMax);
    // Slices may have come since they were listed: what seems to be gone is looked for again.
    if (isGone(found, position)) found = await this.#look(partition, position, recordsMax);
    if (isGone(found, position)) {
      const { topic, lane, bulk } = partition;
      const name = `${topic} ${lane}${bulk ? ' (bulk)' : ''}`;
      throw new PositionGone(`the log has no record at position ${position} of ${name} any more`);
    }
    return found;
  }

  /** One statement, so one snapshot: a record may lie in an older slice than the one before it. */
  async #look(partition: Partition, position: number, recordsMax: number): Promise<FoundRecords> {
    const slices = await this.#slices.list();
    const batches = slices.map(({ ring }) => batchesOf(ring)).join(' union all ') || NO_BATCHES;
    const rows = await this.#database.query<{
      next: number;
      base: number | null;
      records: Buffer;
    }>(
      `select next, base, records from log_partition left join (${batches}) batch on true
       where id = $1 order by base`,
      [partitionNumber(partition), position, position + recordsMax],
    );
    const records: StoredRecord[] = [];
    for (const { base, records: bytes } of rows) {
      if (base === null) continue;
      for (const record of decodeBatch(partition, base, bytes)) {
        const wanted = position + records.length;
        if (record.position === wanted && records.length < recordsMax) records.push(record);
      }
    }
    return { records, next: rows[0]?.next ?? 1 };
  }
}

function isGone({ records, next }: FoundRecords, position: number): boolean {
  return records.length === 0 && position < next;
}

const NO_BATCHES = `select 0 as base, ''::bytea as records where $2::bigint > $3::bigint`;

/** The index finds the row that holds the position as the last one that begins at it or before. */
function batchesOf(ring: number): string {
  return `(
    select base, records from log_${ring}_record
    where partition = $1 and base < $3 and base + count > $2 and base >= coalesce(
      (select max(base) from log_${ring}_record where partition = $1 and base <= $2), $2)
  )`;
}
