import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LIVE_GAP_MS, liveSamples, meansByStep, minuteSamples, sumOf } from './flow-samples.ts';

const BASE_MS = 1_800_000_000_000;
const rates = (accepted: number) => ({ accepted, delivered: 0, deferred: 0, bounced: 0 });
const minutes = [
  { atMs: BASE_MS, ...rates(600) },
  { atMs: BASE_MS + 60_000, ...rates(200) },
];

test('a minute is a mean rate at its middle, the running one as far as it went', () => {
  assert.deepEqual(minuteSamples(minutes, BASE_MS + 80_000), [
    { atMs: BASE_MS + 30_000, rates: rates(10) },
    { atMs: BASE_MS + 70_000, rates: rates(10) },
  ]);
  assert.equal(minuteSamples(minutes, BASE_MS + 65_000).length, 1);
});

test('before the first live sample stand the means of the minutes', () => {
  const live = [{ atMs: BASE_MS + 75_000, rates: rates(7) }];
  const samples = liveSamples(live, minutes, BASE_MS + 80_000);
  assert.deepEqual(
    samples.map(({ atMs, rates }) => [atMs - BASE_MS, rates?.accepted]),
    [
      [30_000, 10],
      [70_000, 10],
      [75_000, 7],
    ],
  );
});

test('where live samples are missing there is a gap', () => {
  const live = [0, 1_000, 2_000 + LIVE_GAP_MS].map((ms) => ({
    atMs: BASE_MS + ms,
    rates: rates(1),
  }));
  const known = liveSamples(live, [], BASE_MS + 60_000).map(({ rates }) => rates !== undefined);
  assert.deepEqual(known, [true, true, false, true]);
});

test('a table has means by step, newest first', () => {
  const samples = [0, 4_000, 12_000].map((ms) => ({ atMs: BASE_MS + ms, rates: rates(ms) }));
  const means = meansByStep([...samples, { atMs: BASE_MS + 21_000, rates: undefined }], 10_000);
  assert.deepEqual(
    means.map(({ atMs, rates }) => [atMs - BASE_MS, rates?.accepted]),
    [
      [10_000, 12_000],
      [0, 2_000],
    ],
  );
  assert.equal(sumOf(minutes).accepted, 800);
});
