import assert from 'node:assert/strict';
import { test } from 'node:test';
import { committedRecords } from './committed-records.ts';
import type { FetchedMessage } from './kafkajs-internals.ts';

function message(offset: number, producerId: string, change: object = {}): FetchedMessage {
  const batchContext = { producerId, inTransaction: true };
  const key = Buffer.from('key');
  const rest = { value: null, headers: {}, isControlRecord: false, batchContext, key, ...change };
  return { offset: String(offset), ...rest };
}

function marker(offset: number, producerId: string, type: 'abort' | 'commit'): FetchedMessage {
  const key = Buffer.from([0, 0, 0, type === 'abort' ? 0 : 1]);
  return message(offset, producerId, { isControlRecord: true, key });
}

function seen(
  messages: readonly FetchedMessage[],
  aborted: readonly (readonly [producerId: string, firstOffset: number])[],
  from = 0,
): readonly number[] {
  const abortedTransactions = aborted.map(([producerId, first]) => ({
    producerId,
    firstOffset: String(first),
  }));
  const partition = {
    partition: 0,
    highWatermark: '99',
    lastStableOffset: '99',
    abortedTransactions,
    messages,
  };
  return committedRecords(partition, from).map(({ offset }) => Number(offset));
}

void test('records of an aborted transaction and markers are not seen', () => {
  const messages = [
    message(0, 'a'),
    message(1, 'b'),
    marker(2, 'a', 'abort'),
    marker(3, 'b', 'commit'),
    message(4, 'a'),
    marker(5, 'a', 'commit'),
  ];
  assert.deepEqual(seen(messages, [['a', 0]]), [1, 4]);
});

void test('nor those of several that began before the offset that was asked for', () => {
  const messages = [
    message(12, 'b'),
    message(13, 'a'),
    marker(14, 'a', 'abort'),
    marker(15, 'b', 'abort'),
    message(16, 'b'),
    marker(17, 'b', 'commit'),
  ];
  const aborted = [
    ['b', 11],
    ['a', 10],
  ] as const;
  assert.deepEqual(seen(messages, aborted, 12), [16]);
});

void test('what no transaction wrote is seen between those of an aborted one', () => {
  const plain = { batchContext: { producerId: 'a', inTransaction: false } };
  assert.deepEqual(seen([message(0, 'a'), message(1, 'a', plain)], [['a', 0]]), [1]);
});

void test('a batch comes whole: what lies before the offset is left out', () => {
  assert.deepEqual(seen([message(4, 'a'), message(5, 'a'), message(6, 'a')], [], 5), [5, 6]);
});
