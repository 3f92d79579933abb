import type { Clock } from '@staffetta/core';

/** Something with the time until which it holds. */
export interface Expiring {
  /** Milliseconds since 1970. */
  readonly expiresAtMs: number;
}

/**
 * Answers by key, each for as long as it holds; a key that is asked for while its answer is on the way is not asked
 * twice. Beyond the most entries the one unused for longest goes.
 */
export class AnswerCache<T extends Expiring> {
  readonly #entriesMax: number;
  readonly #clock: Clock;
  /** The Map's order is that of use. */
  readonly #answers = new Map<string, T>();
  readonly #asked = new Map<string, Promise<T>>();
  hits = 0;
  misses = 0;

  constructor(entriesMax: number, clock: Clock) {
    this.#entriesMax = entriesMax;
    this.#clock = clock;
  }

  get entries(): number {
    return this.#answers.size;
  }

  /** The answer kept, if it still holds. */
  get(key: string): T | undefined {
    const answer = this.#answers.get(key);
    if (!answer) return undefined;
    this.#answers.delete(key);
    if (answer.expiresAtMs <= this.#clock.now()) return undefined;
    this.#answers.set(key, answer);
    return answer;
  }

  /** The answer kept, or the one on the way, or that of `ask`. Where `ask` throws, nothing is kept. */
  async take(key: string, ask: () => Promise<T>): Promise<T> {
    const kept = this.get(key);
    if (kept) {
      this.hits++;
      return kept;
    }
    this.misses++;
    const underway = this.#asked.get(key);
    if (underway) return underway;
    const asking = this.#ask(key, ask);
    this.#asked.set(key, asking);
    return asking;
  }

  async #ask(key: string, ask: () => Promise<T>): Promise<T> {
    try {
      const answer = await ask();
      this.#keep(key, answer);
      return answer;
    } finally {
      this.#asked.delete(key);
    }
  }

  #keep(key: string, answer: T): void {
    this.#answers.delete(key);
    this.#answers.set(key, answer);
    if (this.#answers.size <= this.#entriesMax) return;
    const [oldest] = this.#answers.keys();
    if (oldest !== undefined) this.#answers.delete(oldest);
  }
}
