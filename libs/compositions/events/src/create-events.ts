import type { InstanceReport, Ledger, TopicLag } from '@staffetta/core';
import type { Logger, Metrics, Service } from '@staffetta/platform';
import { Housekeeper, PostgresClusterView, PostgresEventStore } from '@staffetta/postgres';
import type { Database, KeptLog } from '@staffetta/postgres';
import { EventRecorder, MailWatch } from '@staffetta/service-events';
import type { EventRecorderOptions } from '@staffetta/service-events';
import { sightTeller } from './sight-metrics.ts';

/** What the events service is made of. */
export interface EventsOptions {
  readonly database: Database;
  /** The log, to be kept small. */
  readonly kept: KeptLog;
  /** Where events come from, where the log does not write them to the trace. */
  readonly recorder: Omit<EventRecorderOptions, 'store' | 'onError'> | undefined;
  readonly ledger: Ledger;
  /** What readers of the log have not settled. */
  readonly lag: () => Promise<readonly TopicLag[]>;
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
  const { database, kept, ledger, lag, traceRetentionDays, metrics, logger } = options;
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
    lag,
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
