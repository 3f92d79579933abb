import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '@staffetta/testing';
import { SettlementTracker } from './settlement-tracker.ts';

const NOTHING = Buffer.alloc(0);

/** A tracker after these records were read in one batch, the open ones among them. */
function readAll(tracker: SettlementTracker, positions: readonly number[]): ReadonlySet<number> {
  const { next } = tracker;
  return new Set(positions.filter((one) => one >= next).filter((one) => tracker.read(one)));
}

test('in any order, saved and taken up at any moment, with gaps, exactly what was settled is', () => {
  const seed = Date.now() % 100_000;
  const random = seededRandom(seed);
  for (let round = 0; round < 20; round += 1) {
    const records = Array.from({ length: 120 }, (_, n) => n + 5).filter(() => random.next() < 0.6);
    const order = [...records];
    for (let at = order.length - 1; at > 0; at -= 1) {
      const other = Math.floor(random.next() * (at + 1));
      [order[at], order[other]] = [order[other]!, order[at]!];
    }
    let tracker = new SettlementTracker({ position: 5, settled: NOTHING });
    readAll(tracker, records);
    const settled = new Set<number>();
    for (const position of order) {
      tracker.settle(position);
      settled.add(position);
      if (random.next() > 0.3) continue;
      tracker = new SettlementTracker(tracker.snapshot());
      const open = readAll(tracker, records);
      const left = records.filter((one) => !settled.has(one));
      assert.deepEqual([...open], left, `seed ${seed}`);
      assert.equal(tracker.position, left[0] ?? records.at(-1)! + 1, `seed ${seed}`);
    }
    const end = { position: records.at(-1)! + 1, settled: NOTHING };
    assert.deepEqual(tracker.snapshot(), end, `seed ${seed}`);
  }
});

test('bit n, lowest first, stands for position + n', () => {
  const tracker = new SettlementTracker({ position: 10, settled: NOTHING });
  for (let position = 10; position < 31; position += 1) tracker.read(position);
  for (const position of [11, 17, 18, 30]) tracker.settle(position);
  assert.deepEqual(tracker.snapshot(), { position: 10, settled: Buffer.from([0x82, 0x01, 0x10]) });
  tracker.settle(10);
  assert.deepEqual(tracker.snapshot(), { position: 12, settled: Buffer.from([0x60, 0x00, 0x04]) });
  tracker.settle(3);
  assert.equal(tracker.position, 12);
});

test('a gap is settled: neither position nor bitmap waits for it', () => {
  const tracker = new SettlementTracker({ position: 1, settled: NOTHING });
  for (const position of [3, 4, 900]) tracker.read(position);
  assert.deepEqual(tracker.snapshot(), { position: 3, settled: settledAfter(2, 897) });
  tracker.settle(3);
  tracker.settle(4);
  assert.deepEqual(tracker.snapshot(), { position: 900, settled: NOTHING });
  tracker.settle(900);
  assert.deepEqual(tracker.snapshot(), { position: 901, settled: NOTHING });
});

test('what an earlier owner settled is kept until it is passed', () => {
  const saved = { position: 4, settled: Buffer.from([0b0100_0100, 0b10]) };
  const tracker = new SettlementTracker(saved);
  assert.deepEqual(tracker.snapshot(), saved);
  assert.deepEqual([tracker.read(4), tracker.read(5)], [true, true]);
  assert.deepEqual(tracker.snapshot(), saved);
  assert.equal(tracker.next, 7);
  assert.deepEqual([tracker.read(10), tracker.read(13)], [false, false]);
  tracker.settle(4);
  tracker.settle(5);
  assert.deepEqual(tracker.snapshot(), { position: 14, settled: NOTHING });
});

test('a bitmap that begins with what is settled moves the position', () => {
  const tracker = new SettlementTracker({ position: 4, settled: Buffer.from([0b0111]) });
  assert.equal(tracker.position, 7);
  assert.equal(tracker.snapshot().settled.length, 0);
});

/** Ones for so many positions after some that are open. */
function settledAfter(open: number, end: number): Buffer {
  const bitmap = Buffer.alloc((end + 7) >> 3);
  for (let index = open; index < end; index += 1) bitmap[index >> 3]! |= 1 << (index & 7);
  return bitmap;
}

test('what was settled beyond the position is not open again when a batch holds it', () => {
  // Records 10 to 14; 11, 12 and 14 were settled by the last owner.
  const tracker = new SettlementTracker({ position: 10, settled: Buffer.from([0b10110]) });
  const open = [10, 11, 12, 13, 14].filter((position) => tracker.read(position));
  assert.deepEqual(open, [10, 13]);
  assert.equal(tracker.next, 15);
});
