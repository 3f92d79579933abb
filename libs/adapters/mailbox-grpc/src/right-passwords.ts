import { createHmac, randomBytes } from 'node:crypto';
import type { Authentication, Clock } from '@staffetta/core';

const ENTRIES_MAX = 10_000;
/** How long a password that was right is not asked for again; a change of the directory ends it before. */
const AGE_MS_MAX = 60_000;

/** Passwords that were right a moment ago: kept as codes that this process alone can make. */
export class RightPasswords {
  readonly #clock: Clock;
  readonly #codeKey = randomBytes(32);
  /** The oldest first. */
  readonly #kept = new Map<string, { readonly answer: Authentication; readonly untilMs: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  code(user: string, password: string): string {
    return createHmac('sha256', this.#codeKey).update(`${user}\0${password}`).digest('base64');
  }

  get(code: string): Authentication | undefined {
    const kept = this.#kept.get(code);
    return kept && this.#clock.now() < kept.untilMs ? kept.answer : undefined;
  }

  /** Keeps what was right, nothing else. */
  keep(code: string, answer: Authentication): void {
    if (answer.kind !== 'ok') return;
    this.#kept.delete(code);
    this.#kept.set(code, { answer, untilMs: this.#clock.now() + AGE_MS_MAX });
    if (this.#kept.size <= ENTRIES_MAX) return;
    const [oldest] = this.#kept.keys();
    if (oldest !== undefined) this.#kept.delete(oldest);
  }

  clear(): void {
    this.#kept.clear();
  }
}
