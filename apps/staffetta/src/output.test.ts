import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatFields, formatTable, formatTime } from './output.ts';

test('tables align words to the left and numbers to the right', () => {
  assert.equal(
    formatTable(
      ['SITE', 'READY'],
      [
        ['mx.example', 3],
        ['bücher', 1_200],
      ],
    ),
    ['SITE        READY', 'mx.example      3', 'bücher       1200'].join('\n'),
  );
});

test('fields and times', () => {
  assert.equal(
    formatFields([
      ['a', 1],
      ['long', ''],
    ]),
    'a     1\nlong',
  );
  assert.equal(formatTime(0), '1970-01-01T00:00:00Z');
  assert.equal(formatTime(undefined), '-');
});
