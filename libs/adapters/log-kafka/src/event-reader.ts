import type { EventLog, ReadEvents } from '@staffetta/core';
import type { Reader } from './reader.ts';
import { decodeEvent } from './record-codec.ts';
import { EVENT_LANES, nameOf } from './topics.ts';
import type { Topics } from './topics.ts';
import type { Trims } from './trims.ts';

const FETCH_BYTES = 1024 * 1024;
/** How often ends are looked for that somebody has moved. */
const POLL_MS = 100;

/** Reads what was told of messages, lane by lane; the events of a message are in one lane. */
export class EventReader implements EventLog {
  readonly lanes = EVENT_LANES;
  readonly #reader: Reader;
  readonly #topics: Topics;
  readonly #trims: Trims;

  constructor(reader: Reader, topics: Topics, trims: Trims) {
    this.#reader = reader;
    this.#topics = topics;
    this.#trims = trims;
  }

  async read(lane: number, position: number): Promise<ReadEvents> {
    const place = { topic: this.#topics.events, partition: lane };
    const { messages, nextOffset } = await this.#reader.read(place, position - 1, FETCH_BYTES);
    return { events: messages.map(decodeEvent), nextPosition: nextOffset + 1 };
  }

  watch(onAppended: (lane: number) => void): () => void {
    const topics = new Map([[this.#topics.events, EVENT_LANES]]);
    const known = new Map<string, number>();
    let timer: NodeJS.Timeout | undefined;
    let stopped = false;
    const look = async (): Promise<void> => {
      // On errors the next look comes by itself.
      const ends = await this.#reader.ends(topics).catch(() => known);
      for (let lane = 0; lane < EVENT_LANES && !stopped; lane += 1) {
        const name = nameOf({ topic: this.#topics.events, partition: lane });
        const end = ends.get(name) ?? 0;
        if (end > (known.get(name) ?? 0)) onAppended(lane);
        known.set(name, end);
      }
      if (!stopped) timer = setTimeout(() => void look(), POLL_MS);
    };
    timer = setTimeout(() => void look(), POLL_MS);
    return () => {
      stopped = true;
      clearTimeout(timer);
    };
  }

  /** Events before the position will never be read again. */
  trim(lane: number, position: number): void {
    this.#trims.trim({ topic: this.#topics.events, partition: lane }, position - 1);
  }
}
