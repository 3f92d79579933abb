import type { OutcomeTotals } from '@staffetta/core';

/** Rates are means over so long, since counters move in steps of about a second. */
const RATE_WINDOW_MS = 3_000;

/** Totals at one moment. */
export interface Sample {
  readonly atMs: number;
  readonly totals: OutcomeTotals;
}

/** Means over the last RATE_WINDOW_MS, a second. */
export function ratesOf(samples: readonly Sample[]): OutcomeTotals {
  const last = samples.at(-1);
  const first =
    samples.findLast((sample) => last && last.atMs - sample.atMs >= RATE_WINDOW_MS) ?? samples[0];
  const seconds = last && first ? (last.atMs - first.atMs) / 1_000 : 0;
  const rate = (type: keyof OutcomeTotals): number => {
    if (!last || !first || seconds <= 0) return 0;
    return Math.max(0, Math.round(((last.totals[type] - first.totals[type]) / seconds) * 10) / 10);
  };
  return {
    accepted: rate('accepted'),
    delivered: rate('delivered'),
    deferred: rate('deferred'),
    bounced: rate('bounced'),
  };
}
