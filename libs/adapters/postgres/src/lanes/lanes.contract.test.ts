import { lanesContract, settlementOf } from '@staffetta/testing';
import { PostgresDeliveryStore } from '../scheduled/postgres-delivery-store.ts';
import { testLogDatabases } from '../testing/test-databases.ts';
import { PostgresLanes } from './postgres-lanes.ts';

const LEASE_MS = 1_000;
const LANES = 10;

const makeDatabase = testLogDatabases();

lanesContract('PostgreSQL', async () => {
  const made = await makeDatabase();
  const { database, log } = made.connect();
  await log.prepare(LANES, 1, 1);
  const store = new PostgresDeliveryStore(database, log);
  return {
    lanes: new PostgresLanes(database, { leaseMs: LEASE_MS }),
    count: LANES,
    alive: async (owner) => {
      await database.query(
        `insert into instance (id, data_folder, services, host, pid, version, ready)
         values ($1, $1, '{delivery}', 'here', 1, '0', true) on conflict (id) do update set heartbeat_at = now()`,
        [owner],
      );
    },
    dead: async (owner) => {
      await database.query('delete from instance where id = $1', [owner]);
    },
    save: async (lease, normal, bulk) => {
      const { lost } = await store.flush([settlementOf(lease, { normal, bulk })]);
      return lost.length === 0;
    },
    stop: () => made.stop(),
  };
});
