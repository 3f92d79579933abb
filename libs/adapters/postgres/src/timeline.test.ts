import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startTestDatabase } from '@staffetta/testing';
import { Database } from './database.ts';
import { migrate } from './migrate.ts';
import { seeTimeline } from './timeline.ts';

const PROCESSES = 4;

test('the timeline on which the schema was made is nothing to tell, the next one is new to one process', async () => {
  const empty = await startTestDatabase();
  const database = new Database({
    url: empty.url,
    connectionsMax: PROCESSES,
    applicationName: 'test',
  });
  try {
    await migrate(database);
    const all = (): ReturnType<typeof seeAll> => seeAll(database);
    assert.deepEqual(await all(), []);
    // As after a restore: what the database remembers is an earlier timeline than the one it is on.
    await database.query(`update timeline set number = 0, seen_at = now() - interval '1 hour'`);
    const restored = await all();
    assert.equal(restored.length, PROCESSES);
    assert.equal(restored.filter(({ isNew }) => isNew).length, 1);
    assert.equal(new Set(restored.map(({ seenAtMs }) => seenAtMs)).size, 1);
    assert.equal((await all()).filter(({ isNew }) => isNew).length, 0);
  } finally {
    await database.close();
    await empty.drop();
  }
});

async function seeAll(database: Database): Promise<{ seenAtMs: number; isNew: boolean }[]> {
  const seen = await Promise.all(Array.from({ length: PROCESSES }, () => seeTimeline(database)));
  return seen.filter((one) => one !== undefined);
}
