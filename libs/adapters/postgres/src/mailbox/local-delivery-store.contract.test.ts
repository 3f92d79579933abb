import { localDeliveryStoreContract, madeAccounts } from '@staffetta/testing';
import { PostgresLanes } from '../lanes/postgres-lanes.ts';
import { LOCAL_LANES } from '../log/partitions.ts';
import { testLogDatabases } from '../testing/test-databases.ts';
import { traceDays } from '../trace/trace-days.ts';
import { PostgresLocalDeliveryStore } from './postgres-local-delivery-store.ts';
import { PostgresMailStore } from './postgres-mail-store.ts';

const makeDatabase = testLogDatabases();

localDeliveryStoreContract('PostgreSQL', async () => {
  const made = await makeDatabase();
  const { database, log } = made.connect();
  const mailStore = new PostgresMailStore({ database, onError: () => undefined });
  const { taken } = await new PostgresLanes(database).tend('local', 'us', []);
  return {
    store: new PostgresLocalDeliveryStore({ database, log, mailStore }),
    ...{ mailStore, log, localLanes: LOCAL_LANES, lanes: taken },
    ...madeAccounts(database),
    told: async () => {
      const types: string[] = [];
      for (const day of await database.withConnection(traceDays)) {
        const begun = await database.query(`select from trace_message_${day}`);
        types.push(...begun.map(() => 'accepted'));
        const steps = await database.query<{ type: string }>(`select type from trace_event_${day}`);
        types.push(...steps.map(({ type }) => type));
      }
      return types.sort();
    },
    stop: async () => {
      await mailStore.close();
      await made.stop();
    },
  };
});
