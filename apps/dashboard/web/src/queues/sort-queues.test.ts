import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextOrder, sortQueues } from './sort-queues.ts';

const queues = [
  {
    site: 'b.example',
    scheduled: 5,
    ready: 0,
    oldestAcceptedAtMs: 20,
    lastReply: '450 Greylisted',
  },
  { site: 'a.example', scheduled: 5, ready: 2, lastReply: '' },
  { site: 'c.example', scheduled: 9, ready: 1, oldestAcceptedAtMs: 10, lastReply: '' },
];
const sites = (...args: [string, Parameters<typeof sortQueues>[2]]) =>
  sortQueues(queues, ...args).map(({ site }) => site[0]);

test('queues are sorted by a column, equal ones by site', () => {
  assert.deepEqual(sites('', { key: 'scheduled', descending: true }), ['c', 'a', 'b']);
  assert.deepEqual(sites('', { key: 'oldest', descending: false }), ['c', 'b', 'a']);
  assert.deepEqual(sites('', { key: 'site', descending: true }), ['c', 'b', 'a']);
});

test('the filter looks at the site and at the reply', () => {
  assert.deepEqual(sites(' GREY', { key: 'site', descending: false }), ['b']);
  assert.deepEqual(sites('c.ex', { key: 'site', descending: false }), ['c']);
});

test('a second click turns the order round', () => {
  const first = nextOrder({ key: 'site', descending: false }, 'ready');
  assert.deepEqual(first, { key: 'ready', descending: true });
  assert.deepEqual(nextOrder(first, 'ready'), { key: 'ready', descending: false });
  assert.deepEqual(nextOrder(first, 'oldest'), { key: 'oldest', descending: false });
});
