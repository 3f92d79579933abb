import assert from 'node:assert/strict';
import { test } from 'node:test';
import { COMMAND_MAX_BYTES, parseCommand, parseNumbers } from './command.ts';
import { LineReader } from './line-reader.ts';
import { MultiLineEncoder } from './multi-line.ts';
import { TopLines } from './top-lines.ts';

function encoded(text: string, pieceBytes: number): string {
  const encoder = new MultiLineEncoder();
  let sent = '';
  for (let at = 0; at < text.length; at += pieceBytes) {
    for (const piece of encoder.encode(Buffer.from(text.slice(at, at + pieceBytes)))) {
      sent += piece.toString('latin1');
    }
  }
  return sent + encoder.end();
}

test('dots at line starts are doubled, wherever pieces are cut', () => {
  for (let pieceBytes = 1; pieceBytes < 12; pieceBytes++) {
    assert.equal(encoded('.a\r\n..\r\nb.\r\n', pieceBytes), '..a\r\n...\r\nb.\r\n.\r\n');
    assert.equal(encoded('a\r\n', pieceBytes), 'a\r\n.\r\n');
    assert.equal(encoded('a', pieceBytes), 'a\r\n.\r\n');
    assert.equal(encoded('a\n', pieceBytes), 'a\n\r\n.\r\n');
  }
  assert.equal(encoded('', 1), '.\r\n');
});

test('lines are cut, long ones dropped', () => {
  const reader = new LineReader();
  reader.push(Buffer.from('NOOP\r\nUSER a'));
  assert.equal(reader.next(), 'NOOP');
  assert.equal(reader.next(), undefined);
  reader.push(Buffer.from('b\nSTAT\r\n'));
  assert.deepEqual([reader.next(), reader.next(), reader.next()], ['USER ab', 'STAT', undefined]);
  for (let i = 0; i < 5; i++) reader.push(Buffer.alloc(COMMAND_MAX_BYTES, 'x'));
  assert.deepEqual(reader.next(), { kind: 'too-long' });
  assert.equal(reader.next(), undefined);
  reader.push(Buffer.from('xx\r\nQUIT\r\n'));
  assert.equal(reader.next(), 'QUIT');
});

test('commands and numbers', () => {
  assert.deepEqual(parseCommand('pass  two  spaces '), {
    keyword: 'PASS',
    argument: ' two  spaces ',
  });
  assert.equal(parseCommand('\x16\x03\x01'), undefined);
  assert.deepEqual(parseNumbers('1 20', 2), [1, 20]);
  assert.equal(parseNumbers('1', 2), undefined);
  assert.equal(parseNumbers('-1', 1), undefined);
});

test('TOP ends after its lines', () => {
  const top = new TopLines(2);
  assert.equal(top.take(Buffer.from('a\r\nb')).toString(), 'a\r\nb');
  assert.equal(top.take(Buffer.from('c\r\nd\r\n')).toString(), 'c\r\n');
  assert.equal(top.isDone, true);
});
