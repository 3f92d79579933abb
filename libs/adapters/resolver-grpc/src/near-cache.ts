import type { Clock, MxAnswer } from '@staffetta/core';

/** Domains kept (about 1 KB each); the one unused for longest goes. */
const ENTRIES_MAX = 10_000;
/** An answer is asked for again after this time even where the DNS would allow more. */
const AGE_MS_MAX = 30_000;
/** What has no TTL: that there is no such domain, or no host. */
const NEGATIVE_AGE_MS = 5_000;

/** Answers kept where they are asked for, for a short time. */
export class NearCache {
  readonly #clock: Clock;
  /** The Map's order is that of use. */
  readonly #kept = new Map<string, { readonly answer: MxAnswer; readonly untilMs: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#kept.size;
  }

  get(domain: string): MxAnswer | undefined {
    const kept = this.#kept.get(domain);
    if (!kept) return undefined;
    this.#kept.delete(domain);
    if (kept.untilMs <= this.#clock.now()) return undefined;
    this.#kept.set(domain, kept);
    return kept.answer;
  }

  /** Keeps an answer, unless it is none. */
  keep(domain: string, answer: MxAnswer): void {
    if (answer.kind === 'temporary') return;
    const nowMs = this.#clock.now();
    const untilMs =
      answer.kind === 'hosts'
        ? Math.min(answer.expiresAtMs, nowMs + AGE_MS_MAX)
        : nowMs + NEGATIVE_AGE_MS;
    this.#kept.set(domain, { answer, untilMs });
    if (this.#kept.size <= ENTRIES_MAX) return;
    const [oldest] = this.#kept.keys();
    if (oldest !== undefined) this.#kept.delete(oldest);
  }
}
