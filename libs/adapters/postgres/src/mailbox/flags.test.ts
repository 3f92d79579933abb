import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changeFlags, flagNames, storedFlags } from './flags.ts';
import { multirangeOf, normalRanges, uidsOfMultirange } from './uid-ranges.ts';

test('system flags are bits, keywords keep their first spelling', () => {
  const stored = storedFlags(['\\SEEN', '\\Recent', 'Work', 'WORK', '$Forwarded', '\\Draft']);
  assert.deepEqual(stored, { bits: 17, keywords: ['Work', '$Forwarded'] });
  assert.deepEqual(flagNames(17, stored.keywords), ['\\Seen', '\\Draft', 'Work', '$Forwarded']);
  assert.deepEqual(flagNames(0, null), []);
});

test('a change that changes nothing is told as none', () => {
  const before = storedFlags(['\\Seen', 'Work']);
  assert.equal(changeFlags(before, 'add', storedFlags(['work'])), undefined);
  assert.equal(changeFlags(before, 'remove', storedFlags(['\\Flagged', 'other'])), undefined);
  assert.equal(changeFlags(before, 'set', storedFlags(['WORK', '\\seen'])), undefined);
  assert.deepEqual(changeFlags(before, 'set', storedFlags(['other'])), {
    bits: 0,
    keywords: ['other'],
  });
  assert.deepEqual(changeFlags(before, 'remove', storedFlags(['WORK'])), { bits: 1, keywords: [] });
});

test('ranges are put in order and joined', () => {
  const ranges = [
    { first: 9, last: 9 },
    { first: 1, last: 3 },
    { first: 2, last: 5 },
    { first: 6, last: 6 },
    { first: 8, last: 7 },
  ];
  assert.deepEqual(normalRanges(ranges), [
    { first: 1, last: 6 },
    { first: 9, last: 9 },
  ]);
});

test('UIDs pass through a multirange', () => {
  assert.equal(multirangeOf([1, 2, 3, 7, 9, 10]), '{[1,3],[7,7],[9,10]}');
  assert.equal(multirangeOf([]), '{}');
  // As PostgreSQL writes it back.
  assert.deepEqual(uidsOfMultirange('{[1,4),[7,8),[9,11)}'), [1, 2, 3, 7, 9, 10]);
  assert.deepEqual(uidsOfMultirange('{}'), []);
});
