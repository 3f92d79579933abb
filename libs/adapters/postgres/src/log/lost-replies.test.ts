import assert from 'node:assert/strict';
import { test } from 'node:test';
import { acceptedLeases, passOn, readTopic, sampleRecord } from '@staffetta/testing';
import { PostgresLanes } from '../lanes/postgres-lanes.ts';
import { OUTBOUND_LANES, testOnLogDatabase } from '../testing/test-databases.ts';
import type { TestLogDatabase } from '../testing/test-databases.ts';

const withDatabase = testOnLogDatabase();

/** Resolves when so many statements wait for a lock. */
async function untilWaiting({ database }: TestLogDatabase, count: number): Promise<void> {
  let waiting = 0;
  while (waiting < count) {
    const [row] = await database.query<{ waiting: number }>(
      `select count(*) as waiting from pg_stat_activity
       where datname = current_database() and wait_event_type = 'Lock'`,
    );
    waiting = row!.waiting;
  }
}

/** Runs while nobody can draw numbers in the log: writes hang just before their end. */
async function whileBlocked(made: TestLogDatabase, body: () => Promise<void>): Promise<void> {
  await made.database.transaction(async (connection) => {
    await connection.query('select from log_partition order by id for update');
    await body();
  });
}

test('a pipe whose connection broke is not repeated over the write that goes on without it', () =>
  withDatabase(async (made) => {
    const proxy = await made.proxy();
    const { log } = made.connect(proxy);
    const { log: other } = made.connect();
    const leases = await acceptedLeases(new PostgresLanes(made.database));
    await other.append([sampleRecord('k', { topic: 'accepted' })], []);
    const [{ partition } = {}] = await readTopic(other, 'accepted', leases.length);
    const lease = leases.find(({ lane }) => lane === partition?.lane)!;
    let again: Promise<unknown> = Promise.resolve();
    await whileBlocked(made, async () => {
      const first = log.pipe(lease, false, 9, passOn).catch((error: unknown) => error);
      await untilWaiting(made, 1);
      proxy.abandon();
      assert.ok((await first) instanceof Error);
      again = log.pipe(lease, false, 9, passOn).catch((error: unknown) => error);
      await untilWaiting(made, 2);
    });
    assert.ok((await again) instanceof Error);
    assert.equal(await log.pipe(lease, false, 9, passOn), 0);
    assert.equal((await readTopic(other, 'outbound', OUTBOUND_LANES)).length, 1);
  }));
