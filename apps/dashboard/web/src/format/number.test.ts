import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countOf, formatCount, formatRate, formatTick } from './number.ts';

test('a count is exact up to a million', () => {
  assert.equal(formatCount(0), '0');
  assert.equal(formatCount(999_999), '999,999');
  assert.equal(formatCount(1_234_567), '1.235M');
  assert.equal(formatCount(-12_345), '-12,345');
});

test('a small rate has tenths, a large one has none', () => {
  assert.equal(formatRate(0), '0');
  assert.equal(formatRate(-0.01), '0');
  assert.equal(formatRate(0.34), '0.3');
  assert.equal(formatRate(9.96), '10');
  assert.equal(formatRate(812.6), '813');
});

test('an axis has short numbers', () => {
  assert.deepEqual([0, 0.5, 2_500, 20_000].map(formatTick), ['0', '0.5', '2,500', '20K']);
});

test('one is singular', () => {
  assert.equal(countOf(1, 'site'), '1 site');
  assert.equal(countOf(1_200, 'site'), '1,200 sites');
  assert.equal(countOf(2, 'process', 'processes'), '2 processes');
});
