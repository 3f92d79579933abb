import type { EventLog, ReadEvents } from '@staffetta/core';
import type { Follower } from './follower.ts';
import type { Reader } from './reader.ts';
import { decodeEvent } from './record-codec.ts';
import { EVENT_LANES } from './topics.ts';
import type { Topics } from './topics.ts';
import type { Trims } from './trims.ts';

const FETCH_BYTES = 1024 * 1024;

/** Reads what was told of messages, lane by lane; the events of a message are in one lane. */
export class EventReader implements EventLog {
  readonly lanes = EVENT_LANES;
  readonly #reader: Reader;
  readonly #follower: Follower;
  readonly #topics: Topics;
  readonly #trims: Trims;

  constructor(reader: Reader, follower: Follower, topics: Topics, trims: Trims) {
    this.#reader = reader;
    this.#follower = follower;
    this.#topics = topics;
    this.#trims = trims;
  }

  read(lane: number, position: number): Promise<ReadEvents> {
    return this.#read(this.#follower, lane, position);
  }

  /** As `read`; nobody follows them. */
  fetch(lane: number, position: number): Promise<ReadEvents> {
    return this.#read(this.#reader, lane, position);
  }

  watch(onAppended: (lane: number) => void): () => void {
    return this.#follower.watch(this.#topics.events, onAppended);
  }

  /** Events before the position will never be read again. */
  trim(lane: number, position: number): void {
    this.#trims.trim({ topic: this.#topics.events, partition: lane }, position - 1);
  }

  async #read(from: Pick<Follower, 'read'>, lane: number, position: number): Promise<ReadEvents> {
    const place = { topic: this.#topics.events, partition: lane };
    const { messages, nextOffset } = await from.read(place, position - 1, FETCH_BYTES);
    return { events: messages.map(decodeEvent), nextPosition: nextOffset + 1 };
  }
}
