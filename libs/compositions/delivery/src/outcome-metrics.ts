import { messageIdTimeMs } from '@staffetta/core';
import type { LaneSettlement, RecipientEvent } from '@staffetta/core';
import type { Logger, Metrics } from '@staffetta/platform';
import { providerOf } from './provider.ts';
import { reasonClass } from './reason-class.ts';

const FLUSH_BUCKETS_SECONDS = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
];

/** Told of what was written. */
export interface OutcomeObserver {
  flushed(settlements: readonly LaneSettlement[], tookMs: number): void;
}

/**
 * Counts what attempts brought by provider and reason, and times the flushes; each outcome is a line of the log at
 * `debug`. What was accepted before the database was restored, and is delivered after it, is told at `info`.
 */
export function outcomeObserver(
  metrics: Metrics,
  logger: Logger,
  restoredAtMs = Number.NEGATIVE_INFINITY,
): OutcomeObserver {
  const attempts = metrics.counter({
    name: 'staffetta_delivery_attempts_total',
    help: 'Recipients tried, by provider (the large ones, or other) and outcome.',
    labels: ['provider', 'outcome'],
  });
  const failures = metrics.counter({
    name: 'staffetta_delivery_failures_total',
    help: 'Recipients deferred, bounced, expired or discarded, by provider and class of reason.',
    labels: ['provider', 'outcome', 'reason'],
  });
  const uncertain = metrics.counter({
    name: 'staffetta_delivery_uncertain_recipients_total',
    help: 'Recipients whose final reply was lost: they are tried again and may get a second copy.',
  });
  const restored = metrics.counter({
    name: 'staffetta_delivery_restored_recipients_total',
    help: 'Recipients delivered whose mail waited when the database was restored: they may have it twice.',
  });
  const flush = metrics.histogram({
    name: 'staffetta_delivery_flush_seconds',
    help: 'Time of one flush of settlements, all lanes of the worker in one transaction.',
    buckets: FLUSH_BUCKETS_SECONDS,
  });
  const tell = (event: RecipientEvent): void => {
    const { type: outcome, messageId, recipient, attempt, site = '', reply, reason } = event;
    const provider = providerOf(site);
    attempts.inc({ provider, outcome });
    if (outcome !== 'delivered') {
      failures.inc({ provider, outcome, reason: reasonClass(event) });
      if (event.uncertain === true) uncertain.inc();
    } else if (messageIdTimeMs(messageId) < restoredAtMs) {
      restored.inc();
      logger.info({ messageId, attempt }, 'delivered after a restore, maybe for the second time');
    }
    if (!logger.isLevelEnabled('debug')) return;
    const code = reply && { code: reply.code, enhanced: reply.enhanced };
    logger.debug({ messageId, recipient, attempt, site, ...code, reason }, outcome);
  };
  return {
    flushed(settlements, tookMs) {
      flush.observe(tookMs / 1_000);
      for (const { events } of settlements) {
        for (const event of events) if (isAttempt(event)) tell(event);
      }
    },
  };
}

const ATTEMPTED = new Set(['delivered', 'deferred', 'bounced', 'expired', 'discarded']);

/** Reports that follow are accepted by the same flush. */
function isAttempt(event: LaneSettlement['events'][number]): event is RecipientEvent {
  return ATTEMPTED.has(event.type);
}
