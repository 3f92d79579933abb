import { isIPv6 } from 'node:net';
import type { Clock } from '@staffetta/core';

/** Failed log-ins of one address (an IPv6 /64 counts as one) before it has to wait. */
const FAILURES_MAX = 10;
const WINDOW_MS = 5 * 60_000;
/** Addresses remembered; the longest known goes first. */
const ADDRESSES_MAX = 10_000;

/** Slows the guessing of passwords by address. Loopback is never slowed. */
export class LoginLimiter {
  readonly #clock: Clock;
  readonly #failures = new Map<string, { count: number; untilMs: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How long the address has to wait, in milliseconds; 0 where it may try. */
  waitMs(address: string): number {
    const entry = this.#failures.get(groupOf(address));
    if (!entry || entry.count < FAILURES_MAX) return 0;
    return Math.max(0, entry.untilMs - this.#clock.now());
  }

  failed(address: string): void {
    if (isLoopback(address)) return;
    const group = groupOf(address);
    const now = this.#clock.now();
    const entry = this.#failures.get(group);
    const count = entry && entry.untilMs > now ? entry.count + 1 : 1;
    this.#failures.delete(group);
    this.#failures.set(group, { count, untilMs: now + WINDOW_MS });
    if (this.#failures.size <= ADDRESSES_MAX) return;
    const oldest = this.#failures.keys().next();
    if (!oldest.done) this.#failures.delete(oldest.value);
  }

  succeeded(address: string): void {
    this.#failures.delete(groupOf(address));
  }
}

function isLoopback(address: string): boolean {
  return /^(::ffff:)?127\./.test(address) || address === '::1';
}

function groupOf(address: string): string {
  if (!isIPv6(address) || address.startsWith('::ffff:')) return address;
  const [head = '', tail] = address.split('::');
  const first = head === '' ? [] : head.split(':');
  const last = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - first.length - last.length);
  return [...first, ...Array<string>(zeros).fill('0'), ...last].slice(0, 4).join(':');
}
