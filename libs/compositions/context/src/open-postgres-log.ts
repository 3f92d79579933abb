import {
  ACCEPTED_LANES,
  LOCAL_LANES,
  PostgresClusterView,
  PostgresLedger,
  PostgresLog,
} from '@staffetta/postgres';
import type { ChosenLog, OpenLogOptions } from './chosen-log.ts';

/** The log in the tables of the database. */
export async function openPostgresLog(options: OpenLogOptions): Promise<ChosenLog> {
  const { config, database, onGroup } = options;
  const outboundLanes = config.log.lanes;
  const log = new PostgresLog({ database, outboundLanes, onGroup });
  await log.prepare(outboundLanes, ACCEPTED_LANES, LOCAL_LANES);
  const cluster = new PostgresClusterView(database);
  return {
    log,
    settlements: log,
    ledger: new PostgresLedger(database),
    kept: log,
    events: undefined,
    lag: () => cluster.lag(),
    setAlone(alone) {
      log.watchers.alone = alone;
    },
    async close() {
      try {
        await log.idle();
      } finally {
        await log.watchers.close();
      }
    },
  };
}
