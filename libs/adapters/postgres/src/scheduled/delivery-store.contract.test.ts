import { deliveryStoreContract } from '@staffetta/testing';
import { PostgresLanes } from '../lanes/postgres-lanes.ts';
import { OUTBOUND_LANES, testLogDatabases } from '../testing/test-databases.ts';
import { PostgresDeliveryStore } from './postgres-delivery-store.ts';

const makeDatabase = testLogDatabases();

deliveryStoreContract('PostgreSQL', async () => {
  const made = await makeDatabase();
  const { database, log } = made.connect();
  return {
    store: new PostgresDeliveryStore(database, log),
    log,
    lanes: new PostgresLanes(database),
    outboundLanes: OUTBOUND_LANES,
    stop: () => made.stop(),
  };
});
