import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Output, formatFields, formatTable, formatTime } from './output.ts';

const HOSTILE = 'a\u001b[31m\r\n\u009b2Jb\u202ec\u007f';

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

test('what others wrote cannot steer a terminal', () => {
  const clean = /^[^\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]*$/;
  const table = formatTable(['FROM', 'SIZE'], [[HOSTILE, 7]]);
  const fields = formatFields([['from', HOSTILE]]);
  for (const text of [table, fields]) assert.match(text, clean);
  assert.match(table, /^FROM +SIZE\na \[31m 2Jb c +7$/);
  assert.equal(fields.split('\n').length, 1);
});

test('JSON says the same with nothing in it that steers', () => {
  const written: string[] = [];
  const stream = { write: (text: string) => written.push(text) };
  new Output(true, { stdout: stream, stderr: stream }).result({ from: HOSTILE }, () => '');
  const text = written.join('');
  assert.match(text, /^[^\u0000-\u0009\u000b-\u001f\u007f-\u009f]*$/);
  assert.deepEqual(JSON.parse(text), { from: HOSTILE });
});
