/** How long what the DNS said is kept. */

const SECOND_MS = 1000;
/** A TTL of 0 too: mail for one domain often comes many at once. */
const HOLD_MS_LEAST = SECOND_MS;
const HOLD_MS_MOST = 24 * 3600 * SECOND_MS;
/** RFC 2308 §5 finds one to three hours sensible. */
const NEGATIVE_HOLD_MS_MOST = 3 * 3600 * SECOND_MS;
/** A failure, and a negative answer without SOA, which should not be kept (RFC 2308 §5): spares the servers a burst. */
export const FAILURE_HOLD_MS = 5 * SECOND_MS;

/** Milliseconds to keep records of a TTL. */
export function holdMs(ttlSec: number): number {
  return Math.min(Math.max(ttlSec * SECOND_MS, HOLD_MS_LEAST), HOLD_MS_MOST);
}

/** Milliseconds to keep the answer that there is no such thing; undefined where it came without a SOA. */
export function negativeHoldMs(ttlSec: number | undefined): number {
  if (ttlSec === undefined) return FAILURE_HOLD_MS;
  return Math.min(holdMs(ttlSec), NEGATIVE_HOLD_MS_MOST);
}
