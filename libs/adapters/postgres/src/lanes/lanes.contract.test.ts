import { lanesContract, settlementOf } from '@staffetta/testing';
import type { Client } from 'pg';
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
  // A process holds the lock of its data folder as long as it lives.
  const locks = new Map<string, Promise<Client>>();
  const lock = async (owner: string): Promise<Client> => {
    const client = await database.dedicated();
    await client.query('select pg_advisory_lock(hashtextextended($1, 2025))', [owner]);
    return client;
  };
  const unlock = async (owner: string): Promise<void> => {
    await (await locks.get(owner))?.end();
    locks.delete(owner);
  };
  const store = new PostgresDeliveryStore(database, log);
  return {
    lanes: new PostgresLanes(database, { leaseMs: LEASE_MS }),
    count: LANES,
    alive: async (owner) => {
      if (!locks.has(owner)) locks.set(owner, lock(owner));
      await locks.get(owner);
      await database.query(
        `insert into instance (id, data_folder, services, host, pid, version, ready)
         values ($1, $1, '{delivery}', 'here', 1, '0', true) on conflict (id) do update set heartbeat_at = now()`,
        [owner],
      );
    },
    dead: async (owner) => {
      await unlock(owner);
      await database.query('delete from instance where id = $1', [owner]);
    },
    save: async (lease, normal, bulk) => {
      const { lost } = await store.flush([settlementOf(lease, { normal, bulk })]);
      return lost.length === 0;
    },
    stop: async () => {
      for (const owner of locks.keys()) await unlock(owner);
      await made.stop();
    },
  };
});
