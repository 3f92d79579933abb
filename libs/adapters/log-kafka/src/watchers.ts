import type { Partition, Topic } from '@staffetta/core';
import type { Reader } from './reader.ts';
import { nameOf } from './topics.ts';
import type { Topics } from './topics.ts';

/** How often ends are looked for that another process has moved. */
const POLL_MS = 100;

/** Wakes readers: at once for appends of this process, by looking for those of others. */
export class Watchers {
  readonly #reader: Reader;
  readonly #topics: Topics;
  readonly #callbacks = new Map<Topic, Set<(partition: Partition) => void>>();
  readonly #ends = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(reader: Reader, topics: Topics) {
    this.#reader = reader;
    this.#topics = topics;
  }

  watch(topic: Topic, onAppended: (partition: Partition) => void): () => void {
    const callbacks = this.#callbacks.get(topic) ?? new Set();
    this.#callbacks.set(topic, callbacks);
    callbacks.add(onAppended);
    this.#timer ??= setTimeout(() => void this.#look(), POLL_MS);
    return () => callbacks.delete(onAppended);
  }

  /** This process appended. */
  appended(partition: Partition): void {
    for (const callback of this.#callbacks.get(partition.topic) ?? []) callback(partition);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  async #look(): Promise<void> {
    const watched = [...this.#callbacks].filter(([, callbacks]) => callbacks.size > 0);
    // On errors the next look comes by itself.
    await Promise.all(watched.map(([topic]) => this.#lookAt(topic).catch(() => undefined)));
    if (!this.#closed) this.#timer = setTimeout(() => void this.#look(), POLL_MS);
  }

  async #lookAt(topic: Topic): Promise<void> {
    const lanes = this.#topics.lanes[topic];
    const names = this.#topics.namesOf(topic);
    const ends = await this.#reader.ends(new Map(names.map((name) => [name, lanes])));
    for (const bulk of names.length > 1 ? [false, true] : [false]) {
      for (let lane = 0; lane < lanes; lane += 1) {
        const partition = { topic, lane, bulk };
        const name = nameOf(this.#topics.placeOf(partition));
        // One that was left out is looked at anew when it is back: who read it meanwhile may have missed something.
        const end = ends.get(name) ?? 0;
        if (end > (this.#ends.get(name) ?? 0)) this.appended(partition);
        this.#ends.set(name, end);
      }
    }
  }
}
