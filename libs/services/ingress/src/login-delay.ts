import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from '@staffetta/core';
import { isLoopback, peerGroup } from './peer-group.ts';

const PEERS_MAX = 10_000;
const FORGOTTEN_AFTER_MS = 15 * 60_000;
/** Failures that cost nothing: people mistype. */
const FREE_FAILURES = 3;
const FIRST_DELAY_MS = 250;
const DELAY_MAX_MS = 5_000;

interface Failures {
  count: number;
  lastAtMs: number;
}

/** Slows log-ins of peers that failed before; never those from this machine. */
export class LoginDelay {
  readonly #clock: Clock;
  /** In order of the last failure, so that the oldest goes first when there are too many. */
  readonly #failures = new Map<string, Failures>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How long the next try of this peer waits, in milliseconds. */
  delayMs(address: string): number {
    const failures = this.#failures.get(peerGroup(address));
    if (!failures || this.#clock.now() - failures.lastAtMs > FORGOTTEN_AFTER_MS) return 0;
    const doublings = failures.count - FREE_FAILURES;
    return doublings < 0 ? 0 : Math.min(DELAY_MAX_MS, FIRST_DELAY_MS * 2 ** doublings);
  }

  async wait(address: string): Promise<void> {
    const delayMs = this.delayMs(address);
    if (delayMs > 0) await wait(delayMs, undefined, { ref: false });
  }

  failed(address: string): void {
    if (isLoopback(address)) return;
    const peer = peerGroup(address);
    const known = this.#failures.get(peer);
    const nowMs = this.#clock.now();
    const fresh = !known || nowMs - known.lastAtMs > FORGOTTEN_AFTER_MS;
    this.#failures.delete(peer);
    this.#failures.set(peer, { count: fresh ? 1 : known.count + 1, lastAtMs: nowMs });
    if (this.#failures.size > PEERS_MAX) {
      this.#failures.delete(this.#failures.keys().next().value!);
    }
  }
}
