import {
  ApartSettlementLog,
  ParkSlices,
  PostgresLocalDeliveryStore,
  PostgresMailStore,
} from '@staffetta/postgres';
import { localDeliveryStoreContract, madeAccounts } from '@staffetta/testing';
import { eventsOf } from './testing/events-of.ts';
import { testKafkaLogs } from './testing/test-logs.ts';

const makeLogs = testKafkaLogs();

localDeliveryStoreContract('PostgreSQL beside Kafka', async () => {
  const made = await makeLogs();
  const { database } = made;
  const log = made.open('one');
  const mailStore = new PostgresMailStore({ database, onError: () => undefined });
  const settlements = new ApartSettlementLog(log, new ParkSlices(database));
  const { taken } = await made.lanes.tend('local', 'us', []);
  return {
    store: new PostgresLocalDeliveryStore({ database, log: settlements, mailStore }),
    ...{ mailStore, log, localLanes: made.settings.lanes.local, lanes: taken },
    ...madeAccounts(database),
    told: async () => (await eventsOf(log)).map(({ type }) => type).sort(),
    stop: async () => {
      await mailStore.close();
      await made.stop();
    },
  };
});
