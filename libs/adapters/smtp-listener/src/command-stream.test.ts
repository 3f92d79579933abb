import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryBudget } from '@staffetta/core';
import { CommandStream } from './command-stream.ts';
import { ContentCollector } from './content-collector.ts';

/** Commands and contents found in octets that arrive in these pieces; DATA is followed by content. */
function parse(pieces: readonly (string | Buffer)[]): string[] {
  const found: string[] = [];
  let content: ContentCollector | undefined;
  const stream: CommandStream = new CommandStream({
    onLine(line, bareLf) {
      found.push(bareLf ? `bare ${line}` : line);
      if (line === 'DATA') {
        content = new ContentCollector(1_000_000, new MemoryBudget(1_000_000));
        stream.startContent(content);
      }
      return true;
    },
    onLineTooLong: () => found.push('too long'),
    onContentProgress() {},
    onContentEnd() {
      found.push(`<${Buffer.concat(content!.chunks).toString('latin1')}>`);
      return true;
    },
    onIdle() {},
    onEnd: () => found.push('end'),
  });
  for (const piece of pieces) stream.write(Buffer.from(piece as string, 'latin1'));
  return found;
}

const CONTENTS: readonly (readonly [sent: string, content: string])[] = [
  ['.\r\n', ''],
  ['\r\n.\r\n', '\r\n'],
  ['a\r\n.\r\n', 'a\r\n'],
  ['..\r\n.\r\n', '.\r\n'],
  ['.a\r\n.\r\n', 'a\r\n'],
  ['a\r\n..\r\n..b\r\n.c\r\n.\r\n', 'a\r\n.\r\n.b\r\nc\r\n'],
  ['a\r\n.\r\r\n.\r\n', 'a\r\n\r\r\n'],
  ['a\n.\nb\r\n.\r\n', 'a\n.\nb\r\n'],
  ['a\n..b\r.\r\r.\r\n\r\n.\r\n', 'a\n..b\r.\r\r.\r\n\r\n'],
  ['\n.\r\nMAIL\r\n.\r\n', '\n.\r\nMAIL\r\n'],
  ['.\rX\r\n.\r\n', '\rX\r\n'],
  ['.\n.\r\n\r\n.\r\n', '\n.\r\n\r\n'],
  ['\r\r\n\r\n\r\r\n.\r\n', '\r\r\n\r\n\r\r\n'],
  ['....\r\n.....\r\n.\r\n', '...\r\n....\r\n'],
];

test('contents come out the same however they are cut', () => {
  for (const [sent, content] of CONTENTS) {
    const octets = `DATA\r\n${sent}NOOP\r\nDATA\r\n.\r\nQUIT\r\n`;
    const expected = ['DATA', `<${content}>`, 'NOOP', 'DATA', '<>', 'QUIT'];
    assert.deepEqual(parse([octets]), expected);
    assert.deepEqual(parse(octets.split('')), expected, 'octet by octet');
    for (let first = 1; first < octets.length; first += 1) {
      for (let second = first; second < octets.length; second += 1) {
        const pieces = [octets.slice(0, first), octets.slice(first, second), octets.slice(second)];
        assert.deepEqual(parse(pieces), expected, JSON.stringify(pieces));
      }
    }
  }
});

test('large contents pass whole', () => {
  const line = `${'x'.repeat(70)}\r\n`;
  const content = line.repeat(5_000);
  assert.deepEqual(parse(['DATA\r\n', `${content}.\r\n`]), ['DATA', `<${content}>`]);
});

test('a bare LF ends a line, and is told', () => {
  assert.deepEqual(parse(['NOOP\nRSET\r\n', 'A\r', 'B\r\n', '\n']), [
    'bare NOOP',
    'RSET',
    'A\rB',
    'bare ',
  ]);
});

test('commands are UTF-8, also when cut within a letter', () => {
  assert.deepEqual(parse(['a\xc3', '\xbc\r\n']), ['aü']);
});

test('a line without end is not gathered', () => {
  const found = parse(Array.from({ length: 20 }, () => 'x'.repeat(1_000)));
  assert.deepEqual(found, ['too long']);
});
