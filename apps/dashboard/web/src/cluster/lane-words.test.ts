import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nameHolder, sayLanes, saySeconds } from './lane-words.ts';

test('lanes are told in ranges', () => {
  assert.equal(sayLanes([5]), '5');
  assert.equal(sayLanes([3, 1, 2, 7, 10, 9]), '1–3, 7, 9–10');
});

test('a process is told by what people know of it', () => {
  const id = '0192f0a1b2c37d4e8f90a1b2c3d4e5f6';
  assert.equal(nameHolder({ id }), 'process …c3d4e5f6');
  const known = { id, host: 'mail-1', pid: 7 };
  assert.equal(nameHolder({ ...known, services: ['delivery'] }), 'delivery on mail-1, pid 7');
  const all = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
  assert.equal(nameHolder({ ...known, services: all }), 'all services on mail-1, pid 7');
  assert.equal(nameHolder({ ...known, services: all.slice(4) }), '4 services on mail-1, pid 7');
});

test('tenths of seconds while they matter', () => {
  assert.deepEqual([-5, 420, 9_940, 10_950].map(saySeconds), [
    '0.0\u00a0s',
    '0.4\u00a0s',
    '9.9\u00a0s',
    '10\u00a0s',
  ]);
});
