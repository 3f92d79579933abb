import type { MailStore, MessageRow } from '@staffetta/core';

/** Bodies up to this size are read at once, larger ones piece by piece. */
export const WHOLE_BODY_MAX_BYTES = 131_072;
/** Octets asked of the store at once. */
const PIECE_BYTES = 262_144;

/** The octets of one message's body: read as little and as seldom as can be. */
export class MessageContent {
  readonly #store: MailStore;
  readonly #accountId: string;
  readonly #row: MessageRow;
  #held: Buffer;

  constructor(store: MailStore, accountId: string, row: MessageRow) {
    this.#store = store;
    this.#accountId = accountId;
    this.#row = row;
    this.#held = row.bodyHeader;
  }

  get bodyBytes(): number {
    return this.#row.sizeBytes - this.#row.prefix.length;
  }

  /** Octets `start` to `end`, in pieces. Throws where the store has fewer. */
  async *octets(start: number, end: number): AsyncGenerator<Buffer> {
    if (end > this.#held.length && this.bodyBytes <= WHOLE_BODY_MAX_BYTES && end > start) {
      this.#held = await this.#read(0, this.bodyBytes);
    }
    if (end <= this.#held.length) {
      yield this.#held.subarray(start, end);
      return;
    }
    for (let at = start; at < end;) {
      const piece = await this.#read(at, Math.min(PIECE_BYTES, end - at));
      yield piece;
      at += piece.length;
    }
  }

  /** Octets `start` to `end` in one buffer, at most `bytesMax` of them. */
  async read(start: number, end: number, bytesMax: number): Promise<Buffer> {
    const pieces: Buffer[] = [];
    const to = Math.min(end, start + bytesMax);
    for await (const piece of this.octets(start, to)) pieces.push(piece);
    return pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces);
  }

  async #read(offset: number, lengthBytes: number): Promise<Buffer> {
    const { bodyRef } = this.#row;
    const octets = await this.#store.readBody(this.#accountId, bodyRef, offset, lengthBytes);
    if (octets.length !== lengthBytes) throw new Error(`body ${bodyRef} is cut short`);
    return octets;
  }
}
