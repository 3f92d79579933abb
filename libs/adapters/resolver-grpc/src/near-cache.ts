import type { Clock, MxAnswer } from '@staffetta/core';

/** Domains kept (about 1 KB each); the one unused for longest goes. */
const ENTRIES_MAX = 10_000;
/** An answer is asked for again after this time even where the DNS would allow more. */
const AGE_MS_MAX = 30_000;
/** What has no TTL: that there is no such domain, or no host. */
const NEGATIVE_AGE_MS = 5_000;

interface Kept {
  readonly answer: MxAnswer;
  /** Until when it is not asked for again. */
  readonly freshUntilMs: number;
  /** Until when the DNS lets it serve. */
  readonly untilMs: number;
}

/** Answers kept where they are asked for: used without asking for a short time, and for their TTL while nobody answers. */
export class NearCache {
  readonly #clock: Clock;
  /** The Map's order is that of use. */
  readonly #kept = new Map<string, Kept>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#kept.size;
  }

  /** An answer that still holds; `isFresh` where it need not be asked for again. */
  get(domain: string): { readonly answer: MxAnswer; readonly isFresh: boolean } | undefined {
    const kept = this.#kept.get(domain);
    if (!kept) return undefined;
    this.#kept.delete(domain);
    const nowMs = this.#clock.now();
    if (kept.untilMs <= nowMs) return undefined;
    this.#kept.set(domain, kept);
    return { answer: kept.answer, isFresh: nowMs < kept.freshUntilMs };
  }

  /** Keeps an answer, unless it is none. */
  keep(domain: string, answer: MxAnswer): void {
    if (answer.kind === 'temporary') return;
    const nowMs = this.#clock.now();
    const untilMs = answer.kind === 'hosts' ? answer.expiresAtMs : nowMs + NEGATIVE_AGE_MS;
    const freshUntilMs = Math.min(untilMs, nowMs + AGE_MS_MAX);
    this.#kept.set(domain, { answer, freshUntilMs, untilMs });
    if (this.#kept.size <= ENTRIES_MAX) return;
    const [oldest] = this.#kept.keys();
    if (oldest !== undefined) this.#kept.delete(oldest);
  }
}
