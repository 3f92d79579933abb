import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Envelope } from '@staffetta/contracts';
import { laneOf } from '@staffetta/core';
import type { LaneLease } from '@staffetta/core';
import {
  acceptedEvent,
  acceptedLeases,
  passOn,
  pipeLane,
  readTopic,
  sampleRecord,
} from '@staffetta/testing';
import type { KafkaLog } from './kafka-log.ts';
import { prepareTopics, TopicsUnfit } from './prepare-topics.ts';
import { Reader } from './reader.ts';
import { eventsOf } from './testing/events-of.ts';
import { OUTBOUND_LANES, testKafkaLogs } from './testing/test-logs.ts';
import type { TestLogs } from './testing/test-logs.ts';
import { Topics } from './topics.ts';

const makeLogs = testKafkaLogs();

function check(title: string, body: (made: TestLogs) => Promise<void>): void {
  void test(title, async () => {
    const made = await makeLogs();
    try {
      await body(made);
    } finally {
      await made.stop();
    }
  });
}

check('the value is the message as it came, the envelope a protobuf beside it', async (made) => {
  const log = made.open('one');
  const record = sampleRecord('someone@b.example', { topic: 'local' });
  await log.append([record], []);
  const topics = new Topics(made.settings);
  const reader = new Reader({ brokers: made.kafka.addresses, clientId: 'test' }, [
    ...topics.all().keys(),
  ]);
  const lane = laneOf(record.key, made.settings.lanes.local);
  const place = topics.placeOf({ topic: 'local', lane, bulk: false });
  const [message] = (await reader.read(place, 0, 1_000_000)).messages;
  reader.close();
  assert.deepEqual(message?.value, record.body.bytes);
  assert.equal(message?.key?.toString(), record.key);
  const envelope = Envelope.decode(message.headers['envelope']!);
  assert.equal(envelope.messageId, record.envelope.messageId);
});

check('of records under one cause the first that is read counts, for all readers', async (made) => {
  const log = made.open('one');
  const cause = 'it happened';
  const caused = Array.from({ length: 5 }, (_, n) => sampleRecord(`key ${n}`, { cause }));
  const before = sampleRecord('before');
  const after = sampleRecord('after');
  await log.append([before, ...caused], []);
  await log.append([...caused, after], []);
  const keys = async (reader: KafkaLog): Promise<readonly string[]> =>
    (await readTopic(reader, 'outbound', OUTBOUND_LANES)).map(({ key }) => key).sort();
  const read = await keys(log);
  assert.equal(read.length, 3);
  assert.ok(read.includes('before') && read.includes('after'));
  assert.deepEqual(await keys(made.open('other')), read);
});

check('a report that is a repeat takes its own event with it, and no other', async (made) => {
  const log = made.open('one');
  const outcomes = Array.from({ length: 2 }, () => {
    const report = sampleRecord('report', { topic: 'accepted', cause: 'it bounced' });
    const { messageId, tenantId } = sampleRecord('bounced').envelope;
    const bounced = { type: 'bounced', messageId, tenantId, recipient: 1, atMs: 1 } as const;
    return { records: [report], events: [bounced, acceptedEvent(report)] };
  });
  for (const { records, events } of outcomes) await log.append(records, events);
  assert.deepEqual(
    (await eventsOf(log)).map(({ type }) => type),
    ['bounced', 'bounced'],
  );
  for (const lease of await acceptedLeases(made.lanes)) await pipeLane(log, lease);
  const types = (await eventsOf(log)).map(({ type }) => type).sort();
  assert.deepEqual(types, ['accepted', 'bounced', 'bounced']);
  assert.equal((await readTopic(log, 'outbound', OUTBOUND_LANES)).length, 1);
});

check('events of what was accepted come with the pipe, once; others at once', async (made) => {
  const log = made.open('one', 'proxied');
  const accepted = Array.from({ length: 30 }, (_, n) =>
    sampleRecord(`key ${n}`, { topic: 'accepted' }),
  );
  await Promise.all(accepted.map((record) => log.append([record], [acceptedEvent(record)])));
  assert.deepEqual(await eventsOf(log), []);
  const leases = await acceptedLeases(made.lanes);
  const piping = Promise.all(
    leases.map((lease) => pipeLane(log, lease, { recordsMax: 3, retry: true })),
  );
  await made.proxy.cut();
  await piping;
  const ids = (await eventsOf(log)).map(({ messageId }) => messageId);
  const wanted = accepted.map(({ envelope }) => envelope.messageId);
  assert.deepEqual([...ids].sort(), [...wanted].sort());

  const other = sampleRecord('other');
  await log.append([other, sampleRecord('one more')], [acceptedEvent(other)]);
  await log.append([], [acceptedEvent(sampleRecord('alone'))]);
  assert.equal((await eventsOf(log)).length, wanted.length + 2);
});

check('who was cut off between a look at his lease and his write writes nothing', async (made) => {
  const other = made.open('other');
  const keys = Array.from({ length: 20 }, (_, n) => `key ${n}`);
  for (const key of keys) await other.append([sampleRecord(key, { topic: 'accepted' })], []);
  const old = await acceptedLeases(made.lanes);
  const full = await firstWithMail(other, old);
  let asked = 0;
  let next: readonly LaneLease[] = [];
  // The answer is true when it is given: what happens after it is what counts.
  const isHeld = async (lease: LaneLease): Promise<boolean> => {
    asked += 1;
    if (asked !== 2) return made.lanes.isHeld(lease);
    await made.lanes.release(old);
    next = await acceptedLeases(made.lanes);
    for (const one of next) await other.pipe(one, false, 3, passOn);
    return true;
  };
  const log = made.open('one', 'straight', { isHeld });
  assert.equal(await log.pipe(full, false, 5, passOn), 'lost');
  assert.equal(await log.pipe(full, false, 5, passOn), 'lost');
  for (const lease of next) await pipeLane(other, lease);
  const all = await readTopic(other, 'outbound', OUTBOUND_LANES);
  assert.deepEqual(all.map(({ key }) => key).sort(), [...keys].sort());
});

check('who holds the lease goes on after another one fenced it without right', async (made) => {
  const log = made.open('one');
  const rogue = made.open('rogue', 'straight', { isHeld: () => Promise.resolve(true) });
  for (let n = 0; n < 12; n += 1) {
    await log.append([sampleRecord(`key ${n}`, { topic: 'accepted' })], []);
  }
  const leases = await acceptedLeases(made.lanes);
  for (const lease of leases) {
    await log.pipe(lease, false, 1, passOn);
    await rogue.pipe({ ...lease, epoch: lease.epoch - 1 }, false, 1, passOn);
    await pipeLane(log, lease, { retry: true, recordsMax: 2 });
  }
  const all = await readTopic(log, 'outbound', OUTBOUND_LANES);
  assert.equal(new Set(all.map(({ key }) => key)).size, 12);
  assert.equal(all.length, 12);
});

check(
  'a position beyond the end is an error, not an end: the log has lost something',
  async (made) => {
    const log = made.open('one');
    await log.append([sampleRecord('k')], []);
    const partition = {
      topic: 'outbound',
      lane: laneOf('k', OUTBOUND_LANES),
      bulk: false,
    } as const;
    const limits = { recordsMax: 9, bytesMax: 9 };
    assert.deepEqual(await log.read(partition, 2, limits), []);
    await assert.rejects(log.read(partition, 3, limits), /beyond the end/);
  },
);

check('the broker dies and comes back: all that was confirmed is there, once', async (made) => {
  const log = made.open('one');
  const [broker] = made.kafka.brokers;
  const confirmed: string[] = [];
  const refused: string[] = [];
  const underWay = Promise.withResolvers<void>();
  let dying = true;
  const appenders = Array.from({ length: 5 }, async (_, appender) => {
    for (let n = 0; dying; n += 1) {
      const key = `${appender} ${n}`;
      await log.append([sampleRecord(key)], []).then(
        () => confirmed.push(key),
        () => refused.push(key),
      );
      if (confirmed.length > 20) underWay.resolve();
    }
  });
  await underWay.promise;
  await broker!.kill();
  await broker!.restart();
  await log.append([sampleRecord('after')], []);
  dying = false;
  await Promise.all(appenders);
  const counts = new Map<string, number>();
  for (const { key } of await readTopic(log, 'outbound', OUTBOUND_LANES)) {
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  for (const key of confirmed) assert.equal(counts.get(key), 1, `${key} was confirmed`);
  for (const key of refused) assert.ok((counts.get(key) ?? 0) <= 1, `${key} was refused`);
});

check('topics are made once; those of another shape are refused', async (made) => {
  const options = {
    ...made.settings,
    connection: { brokers: made.kafka.addresses, clientId: 'test' },
    replicationFactor: 1,
    minInsyncReplicas: 1,
  };
  await prepareTopics(options);
  const lanes = { ...made.settings.lanes, outbound: OUTBOUND_LANES + 1 };
  await assert.rejects(prepareTopics({ ...options, lanes }), TopicsUnfit);
  const unfit = prepareTopics({ ...options, minInsyncReplicas: 2 });
  await assert.rejects(unfit, /min\.insync\.replicas is 1, not 2/);
});

async function firstWithMail(log: KafkaLog, leases: readonly LaneLease[]): Promise<LaneLease> {
  for (const lease of leases) {
    const partition = { topic: lease.topic, lane: lease.lane, bulk: false };
    if ((await log.read(partition, 1, { recordsMax: 1, bytesMax: 1 })).length > 0) return lease;
  }
  throw new Error('no lane has mail');
}
