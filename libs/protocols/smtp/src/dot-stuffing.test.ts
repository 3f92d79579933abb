import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DotStuffer, dotStuffed } from './dot-stuffing.ts';

/** Slow and plain. */
function expected(content: string): string {
  const stuffed = content.replace(/(^|\r\n)\./g, '$1..');
  if (content === '' || content.endsWith('\r\n')) return `${stuffed}.\r\n`;
  return content.endsWith('\r') ? `${stuffed}\n.\r\n` : `${stuffed}\r\n.\r\n`;
}

test('lines that begin with a dot get another, and the content its end', () => {
  for (const content of [
    '',
    '.',
    '..\r\n',
    'a\r\n.\r\nb\r\n',
    '\r\n.\r\n.',
    'a\r',
    'a\n.b\r\n',
    'x.\r\n',
    '\r\n',
  ])
    assert.equal(
      dotStuffed(Buffer.from(content)).toString(),
      expected(content),
      JSON.stringify(content),
    );
});

test('the same comes out however the content is cut', () => {
  const alphabet = ['.', '\r', '\n', '\r\n', '\r\n.', 'a'];
  let state = 5321;
  const next = (below: number) =>
    ((state = (state * 1103515245 + 12345) & 0x7fffffff) >> 8) % below;
  for (let round = 0; round < 3_000; round += 1) {
    const pieces = Array.from({ length: next(5) }, () =>
      Array.from({ length: next(4) }, () => alphabet[next(alphabet.length)]!).join(''),
    );
    const stuffer = new DotStuffer();
    const out = pieces.map((piece) => stuffer.push(Buffer.from(piece)).toString()).join('');
    assert.equal(out + stuffer.end().toString(), expected(pieces.join('')), JSON.stringify(pieces));
  }
});

test('content without such lines is not copied', () => {
  const content = Buffer.from('a\r\nb\r\n');
  assert.equal(new DotStuffer().push(content), content);
});
