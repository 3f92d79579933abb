/** The time from `250` to the final dot at the next server, at a rate that leaves the machine room. */
import { TrackedLoad } from '../../tools/harness/load.ts';
import { quantile, round } from '../../tools/harness/statistics.ts';
import { waitFor } from '../../tools/harness/wait.ts';
import { TIMED_DOMAIN } from './cluster-contestants.ts';
import type { Bench } from './cluster-contestants.ts';

const PER_SECOND = 50;
const SECONDS = 10;
const SIZE_BYTES = 10_240;
const ARRIVE_TIMEOUT_MS = 120_000;
let loads = 0;

export interface Latency {
  readonly measured: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Times so many messages at an even rate. */
export async function measureLatency(
  bench: Bench,
  messages: number = PER_SECOND * SECONDS,
): Promise<Latency> {
  loads += 1;
  const load = new TrackedLoad({
    name: `timed${loads}`,
    target: bench.doors.map((port) => ({ port })),
    sessions: 4,
    sizeBytes: SIZE_BYTES,
    from: 'a@load.test',
    to: (number) => `timed${number}@${TIMED_DOMAIN}`,
    messagesMax: messages,
    perSecond: PER_SECOND,
  });
  await load.finished();
  const { arrivals } = bench.timedSink;
  await waitFor('all that is timed has arrived', ARRIVE_TIMEOUT_MS, () =>
    [...load.accepted.keys()].every((id) => arrivals.has(id)),
  );
  const waits = [...load.accepted].map(([id, atMs]) => (arrivals.get(id)?.[0] ?? 0) - atMs);
  return {
    measured: waits.length,
    p50Ms: round(quantile(waits, 0.5)),
    p99Ms: round(quantile(waits, 0.99)),
  };
}
