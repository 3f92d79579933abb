import type { Log } from '@staffetta/core';
import type { Metrics } from '@staffetta/platform';

const BATCH_BUCKETS_SECONDS = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
];

/** The log, with its pipes timed and what passes through them counted. */
export function timedPipes(log: Log, metrics: Metrics): Log {
  const records = metrics.counter({
    name: 'staffetta_router_records_total',
    help: 'Records of accepted mail that were routed, by class of mail.',
    labels: ['class'],
  });
  const seconds = metrics.histogram({
    name: 'staffetta_router_batch_seconds',
    help: 'Time of one batch: read, routed and written on as one atomic step.',
    buckets: BATCH_BUCKETS_SECONDS,
  });
  return {
    append: (...args) => log.append(...args),
    read: (...args) => log.read(...args),
    watch: (...args) => log.watch(...args),
    trim: (...args) => log.trim(...args),
    readBody: (...args) => log.readBody(...args),
    bodyChunks: (...args) => log.bodyChunks(...args),
    async pipe(lease, bulk, recordsMax, transform) {
      const startedMs = performance.now();
      const piped = await log.pipe(lease, bulk, recordsMax, transform);
      // Looking into an empty log is no batch.
      if (piped === 'lost' || piped === 0) return piped;
      seconds.observe((performance.now() - startedMs) / 1_000);
      records.inc({ class: bulk ? 'bulk' : 'normal' }, piped);
      return piped;
    },
  };
}
