import type { Body, StoredRecord } from '@staffetta/core';
import type { Database } from '../database.ts';
import type { ParkedBodyReader } from '../scheduled/parked-body-reader.ts';
import { BodyGone } from './body-gone.ts';
import { parseBodyRef, SEGMENT_BYTES } from './body-ref.ts';
import type { Slices } from './slices.ts';

/** Pieces in which a content is read. */
const CHUNK_BYTES = 1024 * 1024;

/** Reads contents back from log slices and slices of parked mail. */
export class BodyReader {
  readonly #database: Database;
  readonly #slices: Slices;
  readonly #parked: ParkedBodyReader;

  constructor(database: Database, slices: Slices, parked: ParkedBodyReader) {
    this.#database = database;
    this.#slices = slices;
    this.#parked = parked;
  }

  async read(body: Body): Promise<Buffer> {
    if (body.bytes) return body.bytes;
    const pieces: Buffer[] = [];
    for await (const piece of this.chunks(body)) pieces.push(piece);
    return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
  }

  /** The content in pieces of at most 1 MB. */
  async *chunks(body: Body): AsyncIterable<Buffer> {
    for (let from = 0; from < body.sizeBytes; from += CHUNK_BYTES) {
      const length = Math.min(CHUNK_BYTES, body.sizeBytes - from);
      const piece =
        body.bytes?.subarray(from, from + length) ?? (await this.#piece(body, from, length));
      if (piece.length !== length) throw new BodyGone('the content is shorter than recorded');
      yield piece;
    }
  }

  /** The records with their contents in memory where they are small enough; one query a slice. */
  async fill(records: readonly StoredRecord[], inlineBytesMax: number): Promise<StoredRecord[]> {
    const bySlice = new Map<number, number[]>();
    for (const [index, { body }] of records.entries()) {
      if (body.bytes || body.ref === undefined || body.sizeBytes > inlineBytesMax) continue;
      const place = parseBodyRef(body.ref);
      if (place.kind !== 'log' || body.sizeBytes === 0) continue;
      const list = bySlice.get(place.slice);
      if (list) list.push(index);
      else bySlice.set(place.slice, [index]);
    }
    const filled = [...records];
    for (const [slice, indexes] of bySlice) {
      const bodies = await this.#readMany(
        slice,
        indexes.map((index) => records[index]!.body),
      );
      for (const [at, index] of indexes.entries()) {
        const record = records[index]!;
        filled[index] = { ...record, body: { ...record.body, bytes: bodies[at] } };
      }
    }
    return filled;
  }

  async #readMany(slice: number, bodies: readonly Body[]): Promise<Buffer[]> {
    const ring = await this.#slices.ringOf(slice);
    if (ring === undefined) throw new BodyGone(`log slice ${slice} was freed`);
    const places = bodies.map((body) => parseBodyRef(body.ref!));
    const rows = await this.#query<{ bytes: Buffer }>(
      `log_${ring}_body_read`,
      `select substring(bytes from place."offset" + 1 for place.length) as bytes
       from unnest($1::bigint[], $2::int[], $3::int[]) with ordinality
         as place (segment, "offset", length, number)
       join log_${ring}_body using (segment) order by number`,
      [
        places.map((place) => (place.kind === 'log' ? place.segment : 0)),
        places.map((place) => (place.kind === 'log' ? place.offset : 0)),
        bodies.map((body) => body.sizeBytes),
      ],
    );
    if (rows.length !== bodies.length) throw new BodyGone('a segment of the log is missing');
    return rows.map((row) => row.bytes);
  }

  /** A piece that lies within one segment. */
  async #piece(body: Body, from: number, length: number): Promise<Buffer> {
    const place = parseBodyRef(body.ref ?? '');
    if (place.kind === 'park') return this.#parked.piece(body.ref ?? '', from, length);
    const part = Math.floor(from / SEGMENT_BYTES);
    const within = from % SEGMENT_BYTES;
    const ring = await this.#slices.ringOf(place.slice);
    if (ring === undefined) throw new BodyGone(`log slice ${place.slice} was freed`);
    const rows = await this.#query<{ bytes: Buffer }>(
      `log_${ring}_body_part`,
      `select substring(bytes from $2::int + 1 for $3::int) as bytes from log_${ring}_body where segment = $1`,
      [place.segment + part, place.offset + within, length],
    );
    const bytes = rows[0]?.bytes;
    if (!bytes) throw new BodyGone('a part of the content is missing');
    return bytes;
  }

  /** In text form, two digits an octet: pg 8.23 decodes rows in binary form as UTF-8, which is not what came in. */
  async #query<Row extends object>(
    name: string,
    text: string,
    values: readonly unknown[],
  ): Promise<Row[]> {
    return this.#database.withConnection(async (connection) => {
      const config = { name, text, values: [...values] };
      return (await connection.query<Row & Record<string, unknown>>(config)).rows;
    });
  }
}
