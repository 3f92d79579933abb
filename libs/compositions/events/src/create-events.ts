import type { InstanceReport } from '@staffetta/core';
import type { Logger, Metrics, Service } from '@staffetta/platform';
import { Housekeeper, PostgresClusterView } from '@staffetta/postgres';
import type { Database, PostgresLedger, PostgresLog } from '@staffetta/postgres';
import { MailWatch } from '@staffetta/service-events';
import { sightTeller } from './sight-metrics.ts';

/** What the events service is made of. */
export interface EventsOptions {
  readonly database: Database;
  readonly log: PostgresLog;
  readonly ledger: PostgresLedger;
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
  const { database, log, ledger, traceRetentionDays, metrics, logger } = options;
  const housekeeper = new Housekeeper({
    database,
    log,
    ledger,
    traceRetentionDays,
    onError: (error) => logger.warn({ err: error }, 'housekeeping failed; tried again soon'),
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
      watch.start();
      started = true;
    },
    ready: () => started,
    // Nothing of its own is in flight: what others settle while they drain is folded until the stop.
    async drain() {},
    async stop() {
      await watch.stop();
      await housekeeper.tend();
      await housekeeper.stop();
    },
  };
}
