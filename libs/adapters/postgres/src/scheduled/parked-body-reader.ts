import type { Body, ParkedBodies } from '@staffetta/core';
import { BodyGone } from '../log/body-gone.ts';
import { parseBodyRef, SEGMENT_BYTES } from '../log/body-ref.ts';
import type { Database } from '../database.ts';
import { parkTable } from './park-slices.ts';
import type { ParkSlices } from './park-slices.ts';

/** Pieces in which a content is read. */
const CHUNK_BYTES = 1024 * 1024;

/** Reads contents back from slices of parked mail. */
export class ParkedBodyReader implements ParkedBodies {
  readonly #database: Database;
  readonly #parkSlices: ParkSlices;

  constructor(database: Database, parkSlices: ParkSlices) {
    this.#database = database;
    this.#parkSlices = parkSlices;
  }

  holds(ref: string): boolean {
    return parseBodyRef(ref).kind === 'park';
  }

  async *chunks(body: Body): AsyncIterable<Buffer> {
    for (let from = 0; from < body.sizeBytes; from += CHUNK_BYTES) {
      const length = Math.min(CHUNK_BYTES, body.sizeBytes - from);
      const piece = await this.piece(body.ref ?? '', from, length);
      if (piece.length !== length) throw new BodyGone('the content is shorter than recorded');
      yield piece;
    }
  }

  /** Octets that lie within one part. */
  async piece(ref: string, from: number, length: number): Promise<Buffer> {
    const place = parseBodyRef(ref);
    if (place.kind !== 'park') throw new Error(`no reference of a parked content: ${ref}`);
    const ring = await this.#parkSlices.ringOf(place.slice);
    if (ring === undefined) throw new BodyGone(`slice ${place.slice} of parked mail was freed`);
    // In text form, two digits an octet: pg 8.23 decodes rows in binary form as UTF-8, which is not what came in.
    const rows = await this.#database.withConnection(async (connection) => {
      const result = await connection.query<{ bytes: Buffer }>({
        name: `park_${ring}_body_read`,
        text: `select substring(bytes from $3::int + 1 for $4::int) as bytes from ${parkTable(ring)}
               where message_id = $1 and part = $2`,
        values: [place.messageId, Math.floor(from / SEGMENT_BYTES), from % SEGMENT_BYTES, length],
      });
      return result.rows;
    });
    if (!rows[0]) throw new BodyGone('a part of the content is missing');
    return rows[0].bytes;
  }
}
