import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ranges } from './cluster.ts';

test('lanes are told in ranges', () => {
  assert.equal(ranges([]), '');
  assert.equal(ranges([5]), '5');
  assert.equal(ranges([3, 1, 2, 7, 10, 9]), '1-3, 7, 9-10');
});
