import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SampleRing } from './sample-ring.ts';

const rates = { accepted: 1, delivered: 1, deferred: 0, bounced: 0 };
const times = (ring: SampleRing) => ring.toArray().map(({ atMs }) => atMs);

test('it keeps the last samples in order', () => {
  const ring = new SampleRing(3);
  assert.deepEqual(times(ring), []);
  for (let atMs = 1; atMs <= 8; atMs += 1) {
    ring.push({ atMs, rates });
    assert.equal(ring.last?.atMs, atMs);
    assert.deepEqual(
      times(ring),
      [atMs - 2, atMs - 1, atMs].filter((one) => one > 0),
    );
  }
});

test('a sample told twice is kept once', () => {
  const ring = new SampleRing(3);
  for (const atMs of [1, 2, 2, 1, 3]) ring.push({ atMs, rates: undefined });
  assert.deepEqual(times(ring), [1, 2, 3]);
});
