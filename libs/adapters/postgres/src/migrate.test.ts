import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startTestDatabase } from '@staffetta/testing';
import { Database } from './database.ts';
import { migrate } from './migrate.ts';

const STARTS = 6;

test('processes that start at once all get the schema, and one of them makes it', async () => {
  const empty = await startTestDatabase();
  const databases = Array.from({ length: STARTS }, (_, number) => {
    return new Database({ url: empty.url, connectionsMax: 1, applicationName: `start ${number}` });
  });
  try {
    const ran = await Promise.all(databases.map((database) => migrate(database)));
    const workers = ran.filter((names) => names.length > 0);
    assert.equal(workers.length, 1, JSON.stringify(ran));
  } finally {
    for (const database of databases) await database.close();
    await empty.drop();
  }
});
