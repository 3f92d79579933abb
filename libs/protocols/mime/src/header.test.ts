import assert from 'node:assert/strict';
import { test } from 'node:test';
import { headerEnd, headerFields, unfold } from './header.ts';

const endOf = (text: string): number => headerEnd(Buffer.from(text), 0, text.length);

test('a header ends after its empty line, whatever the line ends', () => {
  assert.equal(endOf('A: b\r\n\r\nbody'), 8);
  assert.equal(endOf('A: b\n\nbody'), 6);
  assert.equal(endOf('A: b\n\r\nbody\n\n'), 7);
  assert.equal(endOf('\r\nbody'), 2);
  assert.equal(endOf('\nbody'), 1);
  assert.equal(endOf('A: b\r\n'), 6);
  assert.equal(endOf(''), 0);
});

test('an empty line at the edge of a search window is found', () => {
  for (let size = 4_080; size < 4_110; size++) {
    const header = `A: ${'x'.repeat(size - 3)}\r\n\r\n`;
    assert.equal(endOf(`${header}body\r\n\r\n`), header.length);
  }
});

test('fields keep their octets, folded lines belong to them', () => {
  const header = 'Subject: one\r\n two\r\nnot a field\r\nTo : x\r\n\r\n';
  const fields = headerFields(header);
  assert.deepEqual(
    fields.map((field) => [
      field.name,
      header.slice(field.start, field.end),
      unfold(header, field),
    ]),
    [
      ['subject', 'Subject: one\r\n two\r\n', 'one two'],
      ['to', 'To : x\r\n', 'x'],
    ],
  );
});
