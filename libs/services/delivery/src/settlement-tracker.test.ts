import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '@staffetta/testing';
import { SettlementTracker } from './settlement-tracker.ts';

test('in any order, saved and taken up at any moment, exactly what was settled is', () => {
  const seed = Date.now() % 100_000;
  const random = seededRandom(seed);
  for (let round = 0; round < 20; round += 1) {
    const positions = Array.from({ length: 60 }, (_, n) => n + 5);
    for (let at = positions.length - 1; at > 0; at -= 1) {
      const other = Math.floor(random.next() * (at + 1));
      [positions[at], positions[other]] = [positions[other]!, positions[at]!];
    }
    let tracker = new SettlementTracker({ position: 5, settled: Buffer.alloc(0) });
    const settled = new Set<number>();
    for (const position of positions) {
      tracker.settle(position);
      settled.add(position);
      if (random.next() < 0.3) tracker = new SettlementTracker(tracker.snapshot());
      for (let one = 1; one < 70; one += 1) {
        assert.equal(tracker.isSettled(one), one < 5 || settled.has(one), `seed ${seed}: ${one}`);
      }
    }
    assert.deepEqual(tracker.snapshot(), { position: 65, settled: Buffer.alloc(0) });
  }
});

test('bit n, lowest first, stands for position + n', () => {
  const tracker = new SettlementTracker({ position: 10, settled: Buffer.alloc(0) });
  for (const position of [11, 17, 18, 30]) tracker.settle(position);
  assert.deepEqual(tracker.snapshot(), { position: 10, settled: Buffer.from([0x82, 0x01, 0x10]) });
  tracker.settle(10);
  assert.deepEqual(tracker.snapshot(), { position: 12, settled: Buffer.from([0x60, 0x00, 0x04]) });
  tracker.settle(3);
  assert.equal(tracker.position, 12);
});

test('a bitmap that begins with what is settled moves the position', () => {
  const tracker = new SettlementTracker({ position: 4, settled: Buffer.from([0b0111]) });
  assert.equal(tracker.position, 7);
  assert.equal(tracker.snapshot().settled.length, 0);
});
