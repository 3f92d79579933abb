import { logContract } from '@staffetta/testing';
import { PostgresLanes } from '../lanes/postgres-lanes.ts';
import { OUTBOUND_LANES, testLogDatabases } from '../testing/test-databases.ts';

const makeDatabase = testLogDatabases();

logContract('PostgreSQL', async () => {
  const made = await makeDatabase();
  const proxy = await made.proxy();
  const { log } = made.connect(proxy);
  const { log: other } = made.connect();
  return {
    log,
    other,
    lanes: new PostgresLanes(made.database),
    outboundLanes: OUTBOUND_LANES,
    removeTrimmed: async () => {
      await log.saveTrimmed();
      // The first round rotates, the second one frees what is closed by then.
      await other.slices.tend();
      await other.slices.tend();
    },
    cut: () => proxy.cut(),
    hold: () => {
      proxy.hold();
      return () => proxy.release();
    },
    stop: () => made.stop(),
  };
});
