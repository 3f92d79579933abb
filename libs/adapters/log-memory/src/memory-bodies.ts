import type { Body, LogRecord, StoredRecord } from '@staffetta/core';

const CHUNK_BYTES = 1024 * 1024;

/** Contents by reference: each is kept once, for as long as a record refers to it. */
export class MemoryBodies {
  readonly #contents = new Map<string, Buffer>();
  #last = 0;

  /** The records with a place for each content. Throws where one has neither octets nor a place, and keeps none. */
  place(records: readonly LogRecord[]): readonly LogRecord[] {
    const lacking = records.find(({ body }) => !body.bytes && !this.#contents.has(body.ref ?? ''));
    if (lacking) throw new Error('a body has neither octets nor a place');
    const places = new Map<Body, Body>();
    return records.map((record) => {
      const body = places.get(record.body) ?? this.#keep(record.body);
      places.set(record.body, body);
      return { ...record, body };
    });
  }

  read({ bytes, ref }: Body): Buffer {
    const content = bytes ?? this.#contents.get(ref ?? '');
    if (!content) throw new Error('the content is gone');
    return content;
  }

  async *chunks(body: Body): AsyncIterable<Buffer> {
    const content = this.read(body);
    for (let at = 0; at < content.length; at += CHUNK_BYTES) {
      yield content.subarray(at, at + CHUNK_BYTES);
    }
  }

  /** Drops the contents of these records that no record left refers to. */
  release(removed: readonly StoredRecord[], left: Iterable<StoredRecord>): void {
    const needed = new Set<string | undefined>();
    for (const { body } of left) needed.add(body.ref);
    for (const { body } of removed)
      if (!needed.has(body.ref)) this.#contents.delete(body.ref ?? '');
  }

  #keep(body: Body): Body {
    if (body.ref !== undefined && this.#contents.has(body.ref)) {
      return { ...body, bytes: this.#contents.get(body.ref) };
    }
    const ref = `memory/${++this.#last}`;
    this.#contents.set(ref, body.bytes!);
    return { ...body, ref };
  }
}
