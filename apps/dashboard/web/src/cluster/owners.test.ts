import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OwnerMarks } from './owners.ts';

test('an owner keeps its mark, and no two have the same letter', () => {
  const marks = new OwnerMarks();
  assert.equal(marks.has('one'), false);
  assert.deepEqual(marks.of('one'), { letter: 'A', colour: 0 });
  assert.deepEqual(marks.of('two'), { letter: 'B', colour: 1 });
  assert.deepEqual(marks.of('one'), { letter: 'A', colour: 0 });
  const letters = new Set(Array.from({ length: 100 }, (_, n) => marks.of(`more ${n}`).letter));
  assert.equal(letters.size, 100);
  assert.equal(marks.of('more 24').letter, 'A2');
});
