import type { InstanceReport, Ledger } from '@staffetta/core';
import type { Logger, Metrics, Service } from '@staffetta/platform';
import { Housekeeper, PostgresClusterView, PostgresEventStore } from '@staffetta/postgres';
import type { Database, KeptLog } from '@staffetta/postgres';
import { EventRecorder, MailWatch } from '@staffetta/service-events';
import type { EventRecorderOptions, MailSight } from '@staffetta/service-events';

/** What the events service is made of. */
export interface EventsOptions {
  readonly database: Database;
  /** The log, to be kept small. */
  readonly kept: KeptLog;
  /** Where events come from, where the log does not write them to the trace. */
  readonly recorder: Omit<EventRecorderOptions, 'store' | 'onError'> | undefined;
  readonly ledger: Ledger;
  /** `trace.retentionDays`. */
  readonly traceRetentionDays: number;
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** Adds to what the dashboard is told of this process. */
  readonly addReporter: (reporter: () => InstanceReport) => void;
}

/**
 * Folds the ledger, keeps the tables of log and trace small, and watches that nothing is lost: an unbalanced ledger
 * is an error in the log, and its difference, what waits and for how long are metrics.
 */
export function createEvents(options: EventsOptions): Service {
  const { database, kept, ledger, traceRetentionDays, metrics, logger } = options;
  const housekeeper = new Housekeeper({
    database,
    log: kept,
    ledger,
    traceRetentionDays,
    onError: (error) => logger.warn({ err: error }, 'housekeeping failed; tried again soon'),
  });
  const recorder =
    options.recorder &&
    new EventRecorder({
      ...options.recorder,
      store: new PostgresEventStore(database),
      onError: (error) => logger.warn({ err: error }, 'events could not be recorded; tried again'),
    });
  options.addReporter(() => {
    const { doneAtMs } = housekeeper;
    return doneAtMs === undefined ? {} : { duties: { housekeeping: doneAtMs } };
  });
  const tell = sightTeller(metrics, logger);
  const watch = new MailWatch({
    ledger,
    cluster: new PostgresClusterView(database),
    onSight: tell,
    onError: (error) => logger.warn({ err: error }, 'the ledger could not be checked'),
  });
  let started = false;
  return {
    name: 'events',
    async start() {
      await housekeeper.start();
      await recorder?.start();
      watch.start();
      started = true;
    },
    ready: () => started,
    // What others settle while they drain is recorded and folded until the stop.
    async drain() {},
    async stop() {
      await recorder?.stop();
      await watch.stop();
      await housekeeper.tend();
      await housekeeper.stop();
    },
  };
}

function sightTeller(metrics: Metrics, logger: Logger): (sight: MailSight) => void {
  const difference = metrics.gauge({
    name: 'staffetta_ledger_difference',
    help: 'Recipients that began and neither ended nor wait; 0 when nothing is lost.',
  });
  const unsettled = metrics.gauge({
    name: 'staffetta_unsettled_recipients',
    help: 'Recipients without an outcome: scheduled, and in the log beyond the positions.',
  });
  const depth = metrics.gauge({
    name: 'staffetta_scheduled_recipients',
    help: 'Scheduled recipients by state: due at a time, waiting for room, on the wire.',
    labels: ['state'],
  });
  const age = metrics.gauge({
    name: 'staffetta_scheduled_oldest_age_seconds',
    help: 'Age of the oldest scheduled message since it was accepted, by state.',
    labels: ['state'],
  });
  return ({ ledger, depths }) => {
    difference.set(ledger.difference);
    unsettled.set(ledger.waiting);
    for (const state of ['due', 'waiting', 'wire']) {
      const found = depths.find((one) => one.state === state);
      depth.set({ state }, found?.recipients ?? 0);
      age.set({ state }, found ? (Date.now() - found.oldestAcceptedAtMs) / 1_000 : 0);
    }
    if (ledger.balanced) return;
    const { difference: missing, messageIds } = ledger;
    logger.error({ difference: missing, messageIds }, 'the ledger does not balance');
  };
}
