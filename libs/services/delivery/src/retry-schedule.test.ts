import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '@staffetta/testing';
import { nextAttemptAtMs } from './retry-schedule.ts';

const BOUNDS = { retryMinMs: 300_000, retryMaxMs: 14_400_000 };

test('waits double from the least to the greatest, with a quarter of jitter either way', () => {
  const waits = Array.from({ length: 40 }, (_, n) =>
    nextAttemptAtMs(n + 1, 0, BOUNDS, { next: () => 0.5 }),
  );
  assert.deepEqual(
    waits.slice(0, 7),
    [5, 10, 20, 40, 80, 160, 240].map((minutes) => minutes * 60_000),
  );
  assert.ok(waits.slice(7).every((wait) => wait === BOUNDS.retryMaxMs));
  const random = seededRandom(7);
  const many = Array.from({ length: 500 }, () => nextAttemptAtMs(1, 1_000, BOUNDS, random) - 1_000);
  assert.ok(Math.min(...many) >= 225_000 && Math.max(...many) <= 375_000);
  assert.ok(Math.max(...many) - Math.min(...many) > 100_000, 'what failed together is spread');
});

test('bounds that are out of order, and no failed attempt yet, still give a time', () => {
  assert.equal(nextAttemptAtMs(0, 0, { retryMinMs: 10, retryMaxMs: 5 }, { next: () => 0.5 }), 5);
});
