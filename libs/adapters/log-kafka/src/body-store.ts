import type { Body, BlobStore, LogRecord, ParkedBodies } from '@staffetta/core';
import { blobBody, parseBodyRef } from './record-codec.ts';
import type { RecordReader } from './record-reader.ts';

const CHUNK_BYTES = 1024 * 1024;
/** How long a content is kept beyond the expiry of its message: for the DSN, and for mailboxes that lag. */
const KEEP_AFTER_EXPIRY_MS = 7 * 86_400_000;

/** The content is no longer where the reference says. */
export class BodyGone extends Error {
  override readonly name = 'BodyGone';
}

/** Where contents may lie beside the log. */
export interface BodyStoreOptions {
  /** Where contents lie that are too large for a record. */
  readonly blobs: BlobStore;
  readonly parked: ParkedBodies;
  /** Octets of a content that stands in its record; a larger one goes to the blob store. */
  readonly inlineBytesMax: number;
}

/** Decides where contents lie, and reads them back: in the records themselves, or in the blob store; parked ones in neither. */
export class BodyStore {
  readonly #blobs: BlobStore;
  readonly #reader: RecordReader;
  readonly #parked: ParkedBodies;
  readonly #inlineBytesMax: number;

  constructor({ blobs, parked, inlineBytesMax }: BodyStoreOptions, reader: RecordReader) {
    this.#blobs = blobs;
    this.#reader = reader;
    this.#parked = parked;
    this.#inlineBytesMax = inlineBytesMax;
  }

  /** The records with contents in memory that go into them, or in the blob store already: what is large, or is there often. */
  async place(records: readonly LogRecord[]): Promise<LogRecord[]> {
    const copies = new Map<Body, number>();
    for (const { body } of records) copies.set(body, (copies.get(body) ?? 0) + 1);
    const placed = new Map<Body, Body>();
    for (const { body, envelope } of records) {
      if (placed.has(body)) continue;
      const keepUntilMs = Math.max(envelope.expiresAtMs, Date.now()) + KEEP_AFTER_EXPIRY_MS;
      placed.set(body, await this.#placeOne(body, copies.get(body) ?? 1, keepUntilMs));
    }
    return records.map((record) => ({ ...record, body: placed.get(record.body)! }));
  }

  async read(body: Body): Promise<Buffer> {
    if (body.bytes) return body.bytes;
    const pieces: Buffer[] = [];
    for await (const piece of this.#pieces(body)) pieces.push(piece);
    return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
  }

  /** The content in pieces of at most 1 MB. */
  async *chunks(body: Body): AsyncIterable<Buffer> {
    let left = body.sizeBytes;
    for await (const piece of this.#pieces(body)) {
      left -= piece.length;
      for (let from = 0; from < piece.length; from += CHUNK_BYTES) {
        yield piece.subarray(from, from + CHUNK_BYTES);
      }
    }
    if (left !== 0) throw new BodyGone('the content is not as long as recorded');
  }

  async #placeOne(body: Body, copies: number, keepUntilMs: number): Promise<Body> {
    if (body.ref !== undefined && parseBodyRef(body.ref).kind === 'blob') return body;
    const bytes = await this.read(body);
    if (bytes.length * copies <= this.#inlineBytesMax) return { ...body, bytes };
    return blobBody(await this.#blobs.put(bytes, keepUntilMs), bytes.length);
  }

  async *#pieces(body: Body): AsyncIterable<Buffer> {
    if (body.bytes) {
      yield body.bytes;
      return;
    }
    if (body.ref === undefined) throw new Error('a body has neither octets nor a place');
    if (this.#parked.holds(body.ref)) {
      yield* this.#parked.chunks(body);
      return;
    }
    const place = parseBodyRef(body.ref);
    if (place.kind === 'blob') {
      yield* this.#blobs.chunks(place.ref);
      return;
    }
    const record = await this.#reader.at(place.partition, place.position);
    if (!record?.body.bytes) throw new BodyGone(`there is no record at ${body.ref}`);
    yield record.body.bytes;
  }
}
