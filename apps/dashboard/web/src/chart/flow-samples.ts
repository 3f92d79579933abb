import type { MinuteCounters, Outcomes } from '../api/documents.ts';
import type { Sample } from '../live/sample-ring.ts';

const MINUTE_MS = 60_000;
/** A running minute says something about the rate only after a while. */
const RUNNING_MIN_MS = 10_000;
/** Live samples further apart than this have a gap between them. */
export const LIVE_GAP_MS = 20_000;

const KEYS = ['accepted', 'delivered', 'deferred', 'bounced'] as const;

/** Mean rates a second of each minute, at its middle; the running minute as far as it went. */
export function minuteSamples(minutes: readonly MinuteCounters[], nowMs: number): Sample[] {
  return minutes
    .map((counters) => ({ counters, lengthMs: Math.min(MINUTE_MS, nowMs - counters.atMs) }))
    .filter(({ lengthMs }) => lengthMs >= RUNNING_MIN_MS)
    .map(({ counters, lengthMs }) => ({
      atMs: counters.atMs + lengthMs / 2,
      rates: fromKeys((key) => (counters[key] * 1_000) / lengthMs),
    }));
}

/** Live samples, and before the first of them the mean rates of the minutes. */
export function liveSamples(
  live: readonly Sample[],
  minutes: readonly MinuteCounters[],
  nowMs: number,
): Sample[] {
  const firstMs = live[0]?.atMs ?? nowMs;
  return [...minuteSamples(minutes, nowMs).filter(({ atMs }) => atMs < firstMs), ...withGaps(live)];
}

/** Means over steps of time, newest first; steps of which nothing is known are left out. */
export function meansByStep(samples: readonly Sample[], stepMs: number): Sample[] {
  const steps = new Map<number, Outcomes[]>();
  for (const { atMs, rates } of samples) {
    if (!rates) continue;
    const fromMs = Math.floor(atMs / stepMs) * stepMs;
    steps.set(fromMs, [...(steps.get(fromMs) ?? []), rates]);
  }
  return [...steps]
    .map(([atMs, all]) => ({ atMs, rates: meanOf(all) }))
    .sort((a, b) => b.atMs - a.atMs);
}

/** Sums over all minutes. */
export function sumOf(minutes: readonly Outcomes[]): Outcomes {
  return fromKeys((key) => minutes.reduce((sum, minute) => sum + minute[key], 0));
}

function withGaps(samples: readonly Sample[]): Sample[] {
  return samples.flatMap((sample, index) => {
    const previous = samples[index - 1];
    const isGap = previous && sample.atMs - previous.atMs > LIVE_GAP_MS;
    return isGap ? [{ atMs: previous.atMs + 1, rates: undefined }, sample] : [sample];
  });
}

function meanOf(all: readonly Outcomes[]): Outcomes {
  const sum = sumOf(all);
  return fromKeys((key) => sum[key] / all.length);
}

function fromKeys(value: (key: keyof Outcomes) => number): Outcomes {
  const [accepted, delivered, deferred, bounced] = KEYS.map(value) as [
    number,
    number,
    number,
    number,
  ];
  return { accepted, delivered, deferred, bounced };
}
