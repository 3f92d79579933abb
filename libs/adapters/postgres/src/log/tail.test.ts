import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Partition, StoredRecord } from '@staffetta/core';
import { sampleRecord } from '@staffetta/testing';
import { partitionNumber } from './partitions.ts';
import { Tail } from './tail.ts';

const MIB = 1024 * 1024;

function partitionOf(lane: number): Partition {
  return { topic: 'outbound', lane, bulk: false };
}

/** Records in a row, each of so many octets. */
function recordsOf(lane: number, from: number, count: number, sizeBytes = 10): StoredRecord[] {
  const bytes = Buffer.alloc(sizeBytes);
  return Array.from({ length: count }, (_, n) => ({
    ...sampleRecord('k', { body: { sizeBytes, bytes, ref: undefined } }),
    partition: partitionOf(lane),
    position: from + n,
  }));
}

function take(tail: Tail, lane: number, position: number, recordsMax = 9, bytesMax = MIB): string {
  const taken = tail.take(partitionNumber(partitionOf(lane)), position, recordsMax, bytesMax);
  return taken?.map((record) => record.position).join() ?? 'none';
}

test('what was just written, in order, once, within limits', () => {
  const tail = new Tail();
  tail.put([...recordsOf(1, 5, 4), ...recordsOf(2, 1, 1)]);
  assert.equal(take(tail, 1, 4), 'none');
  assert.equal(take(tail, 1, 5, 2), '5,6');
  assert.equal(take(tail, 1, 5), 'none');
  assert.equal(take(tail, 1, 7, 9, 1), '7');
  assert.equal(take(tail, 1, 8), '8');
  assert.equal(take(tail, 1, 9), 'none');
  tail.put(recordsOf(1, 9, 1));
  assert.equal(take(tail, 1, 9), '9');
  assert.equal(take(tail, 2, 1), '1');
});

test('after a gap, or out of order, only what is joined is given', () => {
  const tail = new Tail();
  tail.put(recordsOf(1, 1, 2));
  tail.put(recordsOf(1, 9, 2));
  assert.equal(take(tail, 1, 1), 'none');
  assert.equal(take(tail, 1, 9), '9,10');
  tail.put(recordsOf(1, 14, 2));
  tail.put(recordsOf(1, 11, 3));
  assert.equal(take(tail, 1, 11), '11,12,13');
  assert.equal(take(tail, 1, 14), 'none');
});

test('a lane that nobody here reads does not keep memory from those that are read', () => {
  const tail = new Tail();
  for (let lane = 1; lane <= 2; lane += 1) {
    tail.put(recordsOf(lane, 1, 1));
    take(tail, lane, 1);
  }
  for (let n = 0; n < 80; n += 1) tail.put(recordsOf(3, n + 1, 1, MIB));
  for (let n = 0; n < 80; n += 1) {
    tail.put(recordsOf(1, n + 2, 1, MIB));
    assert.equal(take(tail, 1, n + 2), `${n + 2}`);
  }
});
