import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PositionGone } from '@staffetta/core';
import type { LaneLease } from '@staffetta/core';
import { acceptedLeases, pipeLane, readTopic, sampleRecord } from '@staffetta/testing';
import { Kafka, logLevel } from 'kafkajs';
import type { KafkaLog } from './kafka-log.ts';
import { OUTBOUND_LANES, testKafkaLogs } from './testing/test-logs.ts';
import type { TestLogs } from './testing/test-logs.ts';
import { Topics } from './topics.ts';

const LOOK_EVERY_MS = 20;

const makeLogs = testKafkaLogs();

/** What brokers do with positions that were not written for `offsets.retention.minutes`. */
async function forgetPositions({ kafka, settings }: TestLogs): Promise<void> {
  const client = new Kafka({ brokers: [...kafka.addresses], logLevel: logLevel.NOTHING });
  const admin = client.admin();
  await admin.connect();
  await admin.deleteGroups([new Topics(settings).pipeGroup]);
  await admin.disconnect();
}

/** Accepted mail, with the marker of a transaction behind it. Gives its lane. */
async function accept(log: KafkaLog, key: string): Promise<number> {
  const before = await acceptedEnds(log);
  await log.append([sampleRecord(key, { topic: 'accepted' }), sampleRecord('beside')], []);
  // A lane of a new topic may have no leader yet that tells its end.
  for (;;) {
    const after = await acceptedEnds(log);
    const lane = after.findIndex((end, at) => end > (before[at] ?? 0));
    if (lane >= 0) return lane;
  }
}

async function acceptedEnds(log: KafkaLog): Promise<readonly number[]> {
  const ends = [...(await log.counted.ends())];
  return ends.filter(([one]) => one.topic === 'accepted' && !one.bulk).map(([, end]) => end);
}

async function pipeAll(log: KafkaLog, leases: readonly LaneLease[]): Promise<number> {
  let piped = 0;
  for (const lease of leases) piped += await pipeLane(log, lease);
  return piped;
}

void test('a lane of which all was piped goes on behind it when its position is forgotten', async () => {
  const made = await makeLogs();
  const leases = await acceptedLeases(made.lanes);
  const first = made.open('one');
  await accept(first, 'first');
  assert.equal(await pipeAll(first, leases), 1);
  await first.removeTrimmed();
  await forgetPositions(made);

  const next = made.open('two');
  assert.equal(await pipeAll(next, leases), 0);
  await accept(next, 'second');
  assert.equal(await pipeAll(next, leases), 1);
  const passed = await readTopic(next, 'outbound', OUTBOUND_LANES);
  const keys = passed.map(({ key }) => key).filter((key) => key !== 'beside');
  assert.deepEqual(keys.sort(), ['first', 'second']);
  await made.stop();
});

void test('where mail waits behind a position that is forgotten its lane stops', async () => {
  const made = await makeLogs();
  const leases = await acceptedLeases(made.lanes);
  const first = made.open('one');
  const lane = await accept(first, 'piped');
  await pipeAll(first, leases);
  await first.removeTrimmed();
  while ((await accept(first, 'waits')) !== lane);
  await forgetPositions(made);
  await assert.rejects(pipeAll(made.open('two'), leases), PositionGone);
  await made.stop();
});

void test('a position is written again though nothing is piped', async () => {
  const made = await makeLogs();
  const leases = await acceptedLeases(made.lanes);
  const log = made.open('one', 'straight', { keepMs: 3_600_000, saveAgainMs: LOOK_EVERY_MS });
  await accept(log, 'first');
  assert.equal(await pipeAll(log, leases), 1);
  await forgetPositions(made);
  const isSaved = async (): Promise<boolean> =>
    [...(await log.counted.pipePositions()).values()].some((position) => position > 1);
  while (!(await isSaved())) await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  assert.equal(await pipeAll(made.open('two'), leases), 0);
  await made.stop();
});
