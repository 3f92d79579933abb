import type { ScheduledInsert } from '@staffetta/core';
import type { EntrySource } from './entry.ts';
import type { Consequences } from './owned-lane.ts';

/** Where a record stands in the log. */
export type LogSource = Extract<EntrySource, { readonly kind: 'log' }>;

/** A record that becomes a row. */
export interface ParkedRecord {
  readonly source: LogSource;
  readonly row: ScheduledInsert;
  /** Written with the row. */
  readonly consequences: Consequences;
}

/** What one flush may write as rows: their number, and the octets of their contents. */
export interface ParkRoom {
  readonly rows: number;
  readonly bytes: number;
}

/** Records of a lane that wait to be written as rows, in order. */
export class Parking {
  readonly #records = new Set<ParkedRecord>();
  readonly #byId = new Map<number, ParkedRecord>();
  #size = 0;

  /** Rows that will be written. */
  get size(): number {
    return this.#size;
  }

  add(record: ParkedRecord): void {
    this.#records.add(record);
    this.#size += rowsOf(record);
    if (record.row.id !== undefined) this.#byId.set(record.row.id, record);
  }

  /** Takes out the record that was to become the row of this number. */
  remove(id: number): ParkedRecord | undefined {
    const record = this.#byId.get(id);
    if (record) this.#drop(record);
    return record;
  }

  /** Takes out the first ones, as many as there is room for; one at least. */
  take(room: ParkRoom): readonly ParkedRecord[] {
    const taken: ParkedRecord[] = [];
    let { rows, bytes } = room;
    for (const record of this.#records) {
      if (rows <= 0 || bytes <= 0) break;
      rows -= rowsOf(record);
      bytes -= record.row.body.sizeBytes;
      taken.push(record);
    }
    for (const record of taken) this.#drop(record);
    return taken;
  }

  #drop(record: ParkedRecord): void {
    this.#records.delete(record);
    this.#size -= rowsOf(record);
    if (record.row.id !== undefined) this.#byId.delete(record.row.id);
  }
}

function rowsOf({ consequences: { inserts = [] } }: ParkedRecord): number {
  return 1 + inserts.length;
}
