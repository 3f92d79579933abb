import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ENVELOPE_FORMAT_VERSION, LogUnavailable, PositionGone } from '@staffetta/core';
import type { Envelope, LogRecord } from '@staffetta/core';
import { MemoryLog } from './memory-log.ts';

const PARTITION = { topic: 'accepted', lane: 0, bulk: false } as const;
const LIMITS = { recordsMax: 10, bytesMax: 100 };

function record(key: string, text = 'x'): LogRecord {
  const bytes = Buffer.from(text);
  const envelope = {
    formatVersion: ENVELOPE_FORMAT_VERSION,
    messageId: key,
    bulk: false,
  } as Envelope;
  return {
    topic: 'accepted',
    key,
    envelope,
    body: { sizeBytes: bytes.length, bytes, ref: undefined },
  };
}

test('reads in order within limits, and never skips what was trimmed', async () => {
  const log = new MemoryLog();
  await log.append([record('a'), record('b', 'y'.repeat(99)), record('c')], []);
  const first = await log.read(PARTITION, 1, LIMITS);
  assert.deepEqual(
    first.map(({ key, position }) => [key, position]),
    [
      ['a', 1],
      ['b', 2],
    ],
  );
  assert.equal((await log.read(PARTITION, 4, LIMITS)).length, 0);
  log.trim(PARTITION, 3);
  await assert.rejects(log.read(PARTITION, 2, LIMITS), PositionGone);
  assert.equal((await log.read(PARTITION, 3, LIMITS))[0]?.key, 'c');
  log.unavailable = true;
  await assert.rejects(log.append([record('d')], []), LogUnavailable);
});

test('a pipe goes on where its results end, for the owner of the lane only', async () => {
  const log = new MemoryLog();
  await log.append([record('a'), record('b')], []);
  const [lease] = (await log.lanes.tend('accepted', 'one', [])).taken;
  const copy = (records: readonly LogRecord[]): Promise<{ records: LogRecord[]; events: [] }> =>
    Promise.resolve({
      records: records.map((each) => ({ ...each, topic: 'outbound' })),
      events: [],
    });
  assert.equal(await log.pipe(lease!, false, 1, copy), 1);
  assert.equal(await log.pipe(lease!, false, 9, copy), 1);
  assert.equal(await log.pipe(lease!, false, 9, copy), 0);
  assert.equal(log.recordsOf('outbound').length, 2);
  await log.lanes.release([lease!]);
  log.lanes.forget('one');
  const [next] = (await log.lanes.tend('accepted', 'two', [])).taken;
  assert.equal(next?.clean, true);
  assert.equal(next.normal.position, 3);
  assert.equal(await log.pipe(lease!, false, 9, copy), 'lost');
});
