import type { Random } from '@staffetta/core';

/** Bounds of the waits between attempts, in milliseconds. */
export interface RetryBounds {
  readonly retryMinMs: number;
  readonly retryMaxMs: number;
}

/**
 * When to try again after so many failed attempts: the wait doubles from the least to the greatest, with a quarter of
 * jitter either way, so that what failed together is not tried together.
 */
export function nextAttemptAtMs(
  attempts: number,
  nowMs: number,
  bounds: RetryBounds,
  random: Random,
): number {
  const doubled = bounds.retryMinMs * 2 ** Math.min(attempts - 1, 30);
  const waitMs = Math.min(Math.max(doubled, bounds.retryMinMs), bounds.retryMaxMs);
  return Math.round(nowMs + waitMs * (0.75 + random.next() / 2));
}
