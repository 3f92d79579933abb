import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CountedLog, CountedRecord, Partition } from '@staffetta/core';
import { Database, PostgresLanes, migrate, prepareLanes } from '@staffetta/postgres';
import { sampleEnvelope, startTestDatabase } from '@staffetta/testing';
import { readKafkaLag } from './kafka-lag.ts';

const PARTITIONS: readonly Partition[] = [
  { topic: 'accepted', lane: 0, bulk: false },
  { topic: 'outbound', lane: 0, bulk: false },
  { topic: 'outbound', lane: 1, bulk: false },
  { topic: 'outbound', lane: 0, bulk: true },
  { topic: 'local', lane: 0, bulk: false },
];

/** A log with records at some positions; the others up to its ends are marks. */
function logOf(
  ends: readonly number[],
  records: readonly (readonly [place: number, position: number, acceptedAtMs: number])[],
): CountedLog {
  return {
    partitions: PARTITIONS,
    eventLanes: 0,
    ends: async () => new Map(PARTITIONS.map((partition, n) => [partition, ends[n]!])),
    pipePositions: async () => new Map([[PARTITIONS[0]!, 3]]),
    async *unread(positions) {
      for (const [place, position, acceptedAtMs] of records) {
        const partition = PARTITIONS[place]!;
        const from = positions.get(partition);
        if (from === undefined || position < from) continue;
        const envelope = sampleEnvelope({ acceptedAtMs });
        yield { partition, position, envelope, carried: [] } satisfies CountedRecord;
      }
    },
    async *unreadEvents() {},
  };
}

test('what is not settled is counted from saved positions, marks of transactions alone are none', async () => {
  const testDatabase = await startTestDatabase();
  const url = testDatabase.url;
  const database = new Database({ url, connectionsMax: 2, applicationName: 'test' });
  try {
    await migrate(database);
    await prepareLanes(database, { accepted: 1, outbound: 2, local: 1, events: 1 });
    await new PostgresLanes(database).tend('outbound', 'a', []);
    await database.query('update lane set position = 5 where topic = 2 and lane = 0');
    const log = logOf(
      [2, 9, 4, 1, 0],
      [
        [1, 6, 2_000],
        [2, 3, 1_000],
      ],
    );
    const lag = await readKafkaLag(database, log);
    const told = lag.map(({ topic, bulk, records, lanes, oldestAcceptedAtMs, oldestLane }) => {
      return [topic, bulk, records, lanes, oldestAcceptedAtMs, oldestLane];
    });
    const none = [0, 0, undefined, undefined];
    // Five of the first lane from its position on, four of the second, which begins at 1.
    assert.deepEqual(told, [
      ['accepted', false, ...none],
      ['outbound', false, 9, 2, 1_000, 1],
      ['outbound', true, ...none],
      ['local', false, ...none],
    ]);
  } finally {
    await database.close();
    await testDatabase.drop();
  }
});
