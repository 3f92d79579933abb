import type { MailEvent } from '@staffetta/core';
import type { Reader } from './reader.ts';
import { decodeEvent } from './record-codec.ts';
import { EVENT_LANES } from './topics.ts';
import type { Topics } from './topics.ts';

const FETCH_BYTES = 1024 * 1024;

/** Events of one lane, and where to read on. */
export interface ReadEvents {
  readonly events: readonly MailEvent[];
  readonly nextPosition: number;
}

/** Reads what was told of messages, lane by lane; the events of a message are in one lane. */
export class EventReader {
  readonly lanes = EVENT_LANES;
  readonly #reader: Reader;
  readonly #topics: Topics;

  constructor(reader: Reader, topics: Topics) {
    this.#reader = reader;
    this.#topics = topics;
  }

  /** From the position on, the first of which is 1. Rejects with a PositionGone where the log no longer has it. */
  async read(lane: number, position: number): Promise<ReadEvents> {
    const place = { topic: this.#topics.events, partition: lane };
    const { messages, nextOffset } = await this.#reader.read(place, position - 1, FETCH_BYTES);
    return { events: messages.map(decodeEvent), nextPosition: nextOffset + 1 };
  }
}
