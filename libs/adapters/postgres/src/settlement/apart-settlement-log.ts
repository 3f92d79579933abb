import type { Log, LogRecord, MailEvent, Partition, ScheduledInsert } from '@staffetta/core';
import type { Connection } from '../database.ts';
import { SEGMENT_BYTES } from '../log/body-ref.ts';
import { parkTable } from '../scheduled/park-slices.ts';
import type { ParkSlice, ParkSlices } from '../scheduled/park-slices.ts';
import type { SettlementLog } from './settlement-log.ts';

/** Parts that are written by one statement. */
const PARTS_MAX = 100;

interface Part {
  readonly messageId: string;
  readonly part: number;
  readonly bytes: Buffer;
}

/** A log outside of PostgreSQL: what follows from outcomes is appended before the transaction that settles them. */
export class ApartSettlementLog implements SettlementLog {
  readonly isPartOfTransaction = false;
  readonly parkSlices: ParkSlices;
  readonly #log: Log;

  constructor(log: Log, parkSlices: ParkSlices) {
    this.#log = log;
    this.parkSlices = parkSlices;
  }

  append(records: readonly LogRecord[], events: readonly MailEvent[]): Promise<void> {
    return this.#log.append(records, events);
  }

  async follow(): Promise<readonly []> {
    return [];
  }

  committed(): void {
    // Its readers know since the append.
  }

  forget(): void {
    // It has no tables.
  }

  async park(
    connection: Connection,
    target: ParkSlice,
    inserts: readonly ScheduledInsert[],
  ): Promise<void> {
    let parts: Part[] = [];
    let bytes = 0;
    for await (const part of this.#parts(inserts)) {
      if (parts.length === PARTS_MAX || bytes + part.bytes.length > SEGMENT_BYTES) {
        await insertParts(connection, target, parts);
        [parts, bytes] = [[], 0];
      }
      parts.push(part);
      bytes += part.bytes.length;
    }
    await insertParts(connection, target, parts);
  }

  trim(partition: Partition, position: number): void {
    this.#log.trim(partition, position);
  }

  /** Each content once, whoever waits for it. */
  async *#parts(inserts: readonly ScheduledInsert[]): AsyncIterable<Part> {
    const bodies = new Map(inserts.map(({ envelope, body }) => [envelope.messageId, body]));
    for (const [messageId, body] of bodies) {
      let part = 0;
      let pieces: Buffer[] = [];
      let bytes = 0;
      for await (const piece of this.#log.bodyChunks(body)) {
        for (let from = 0; from < piece.length;) {
          const fits = piece.subarray(from, from + SEGMENT_BYTES - bytes);
          pieces.push(fits);
          bytes += fits.length;
          from += fits.length;
          if (bytes < SEGMENT_BYTES) continue;
          yield { messageId, part, bytes: Buffer.concat(pieces) };
          [part, pieces, bytes] = [part + 1, [], 0];
        }
      }
      if (bytes > 0) yield { messageId, part, bytes: Buffer.concat(pieces) };
    }
  }
}

async function insertParts(
  connection: Connection,
  { ring }: ParkSlice,
  parts: readonly Part[],
): Promise<void> {
  if (parts.length === 0) return;
  const values = parts.map(
    (_, n) => `($${n * 3 + 1}::uuid, $${n * 3 + 2}::int, $${n * 3 + 3}::bytea)`,
  );
  await connection.query(
    `insert into ${parkTable(ring)} (message_id, part, bytes) values ${values.join(', ')}
     on conflict do nothing`,
    parts.flatMap(({ messageId, part, bytes }) => [messageId, part, bytes]),
  );
}
