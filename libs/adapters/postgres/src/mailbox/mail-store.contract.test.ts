import { after, before } from 'node:test';
import { mailStoreContract, startTestDatabase } from '@staffetta/testing';
import type { TestDatabase } from '@staffetta/testing';
import { Database } from '../database.ts';
import { migrate } from '../migrate.ts';
import { PostgresMailStore } from './postgres-mail-store.ts';

let server: TestDatabase;

function connect(): Database {
  return new Database({ url: server.url, connectionsMax: 4, applicationName: 'contract' });
}

function failed(error: unknown): void {
  throw error;
}

before(async () => {
  server = await startTestDatabase();
  const database = connect();
  await migrate(database);
  await database.close();
});

after(() => server.drop());

mailStoreContract('PostgreSQL', async () => {
  const databases = [connect(), connect()] as const;
  const [store, other] = databases.map(
    (database) => new PostgresMailStore({ database, onError: failed }),
  ) as [PostgresMailStore, PostgresMailStore];
  return {
    store,
    other,
    stop: async () => {
      await Promise.all([store.close(), other.close()]);
      await Promise.all(databases.map((database) => database.close()));
    },
  };
});
