import assert from 'node:assert/strict';
import { laneOf } from '@staffetta/core';
import { acceptedEvent, readAll, readTopic, sampleEnvelope, sampleRecord } from './log-samples.ts';
import type { LogCheck } from './log-samples.ts';

const APPENDERS = 20;
const APPENDS = 15;

/** What an append leaves in the log. */
export function appendChecks(check: LogCheck): void {
  check('twenty at once lose nothing, and each finds its own in order', async (made) => {
    const { log, other, outboundLanes } = made;
    await Promise.all(
      Array.from({ length: APPENDERS }, async (_, appender) => {
        for (let count = 0; count < APPENDS; count += 1) {
          const key = `key ${appender % 5}`;
          const envelope = sampleEnvelope({ campaign: `${appender} ${count}` });
          await (appender % 2 ? log : other).append([sampleRecord(key, { envelope })], []);
        }
      }),
    );
    const all = await readTopic(other, 'outbound', outboundLanes);
    assert.equal(all.length, APPENDERS * APPENDS);
    const last = new Map<string, number>();
    for (const { partition, position, key, envelope } of all) {
      const lane = `lane ${partition.lane}`;
      assert.ok(position > (last.get(lane) ?? 0), 'a position that does not grow');
      last.set(lane, position);
      assert.equal(partition.lane, laneOf(key, outboundLanes));
      const [appender = '', count] = envelope.campaign.split(' ');
      assert.equal(Number(count), (last.get(appender) ?? -1) + 1, 'out of order');
      last.set(appender, Number(count));
    }
  });

  check(
    'what was confirmed is there for everybody at once',
    async ({ log, other, outboundLanes }) => {
      const partition = {
        topic: 'outbound',
        lane: laneOf('k', outboundLanes),
        bulk: false,
      } as const;
      for (let count = 1; count <= 5; count += 1) {
        await log.append([sampleRecord('k')], []);
        assert.equal(
          (await other.read(partition, count, { recordsMax: 9, bytesMax: 9 })).length,
          1,
        );
      }
    },
  );

  check('all records of an append or none', async ({ log, other, outboundLanes }) => {
    const broken = { sizeBytes: 9, bytes: undefined, ref: undefined };
    const bad = [sampleRecord('a'), sampleRecord('b', { body: broken }), sampleRecord('c')];
    await assert.rejects(log.append(bad, []));
    assert.deepEqual(await readTopic(other, 'outbound', outboundLanes), []);
    await log.append(
      ['a', 'b', 'c'].map((key) => sampleRecord(key)),
      [],
    );
    const all = await readTopic(other, 'outbound', outboundLanes);
    assert.deepEqual(all.map(({ key }) => key).sort(), ['a', 'b', 'c']);
  });

  check(
    'an append that cannot be written does not stop the next one',
    async ({ log, outboundLanes }) => {
      const broken = { sizeBytes: 9, bytes: undefined, ref: undefined };
      const results = await Promise.allSettled([
        log.append([sampleRecord('a', { body: broken })], []),
        new Promise((resolve) => setTimeout(resolve, 50)).then(() =>
          log.append([sampleRecord('b')], []),
        ),
      ]);
      assert.deepEqual(
        results.map(({ status }) => status),
        ['rejected', 'fulfilled'],
      );
      assert.equal((await readTopic(log, 'outbound', outboundLanes)).length, 1);
    },
  );

  check('bulk has a sequence of its own, but for local mail', async ({ log, outboundLanes }) => {
    const normal = sampleRecord('k');
    const bulk = { ...normal, envelope: { ...normal.envelope, bulk: true } };
    await log.append([normal, bulk, bulk, { ...bulk, topic: 'local' }], []);
    const lane = laneOf('k', outboundLanes);
    assert.equal((await readAll(log, { topic: 'outbound', lane, bulk: false })).length, 1);
    assert.equal((await readAll(log, { topic: 'outbound', lane, bulk: true })).length, 2);
  });

  check(
    'envelope, key and place come back as they went in',
    async ({ log, other, outboundLanes }) => {
      const route = { site: 'mx.b.example', domain: 'b.example', nextHop: '', relay: true };
      const record = sampleRecord('größe@b.example');
      const envelope = { ...record.envelope, route, metadata: '{"a":"\\u0000"}', tags: ['x', ''] };
      await log.append([{ ...record, envelope }], [acceptedEvent(record)]);
      for (const reader of [log, other]) {
        const [stored] = await readTopic(reader, 'outbound', outboundLanes);
        assert.deepEqual(
          JSON.parse(JSON.stringify(stored?.envelope)),
          JSON.parse(JSON.stringify(envelope)),
        );
        assert.equal(stored?.key, record.key);
        assert.deepEqual(await reader.readBody(stored.body), record.body.bytes);
      }
    },
  );
}
