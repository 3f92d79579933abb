import assert from 'node:assert/strict';
import { test } from 'node:test';
import { COMMAND_TEXT_MAX_BYTES, CommandReader, LITERALS_MAX } from './command-reader.ts';

/** What is found when the octets come in pieces of this size; literals up to `limitBytes` are taken. */
function found(input: string, pieceBytes: number, limitBytes = 1_000): string[] {
  const reader = new CommandReader();
  const events: string[] = [];
  for (let at = 0; at < input.length; at += pieceBytes) {
    reader.push(Buffer.from(input.slice(at, at + pieceBytes), 'latin1'));
    for (let event = reader.next(); event !== undefined; event = reader.next()) {
      if (event.kind === 'literal') {
        const accepted = event.sizeBytes <= limitBytes;
        events.push(`${accepted ? 'accept' : 'refuse'} ${event.sizeBytes}`);
        if (accepted) reader.accept();
        else reader.refuse();
      } else if (event.kind === 'too-long') events.push('too long');
      else events.push(JSON.stringify([event.lines, event.literals.map(String)]));
    }
  }
  return events;
}

const VECTORS: readonly [string, readonly string[]][] = [
  ['a NOOP\r\nb NOOP\n', ['[["a NOOP"],[]]', '[["b NOOP"],[]]']],
  [
    'a LOGIN {3}\r\nann {6+}\r\nsecret\r\n',
    ['accept 3', 'accept 6', '[["a LOGIN {3}"," {6+}",""],["ann","secret"]]'],
  ],
  ['a X {0}\r\n y\r\n', ['accept 0', '[["a X {0}"," y"],[""]]']],
  ['a X {2}\r\n\r\n\r\n', ['accept 2', '[["a X {2}",""],["\\r\\n"]]']],
  ['a X {5000}\r\nb NOOP\r\n', ['refuse 5000', '[["b NOOP"],[]]']],
  [`a X {5000+}\r\n${'y'.repeat(5_000)} z\r\nb\r\n`, ['refuse 5000', '[["b"],[]]']],
  [
    `a X {5000+}\r\n${'y'.repeat(5_000)} {3+}\r\nb\r\n {0+}\r\n z\r\nc\r\n`,
    ['refuse 5000', '[["c"],[]]'],
  ],
  ['a {x}\r\n', ['[["a {x}"],[]]']],
  ['\r\n\n', ['[[""],[]]', '[[""],[]]']],
];

test('commands are the same wherever the octets are cut', () => {
  for (const [input, expected] of VECTORS) {
    for (const pieceBytes of [1, 2, 3, 7, 100_000]) {
      assert.deepEqual(
        found(input, pieceBytes),
        expected,
        `${input.slice(0, 50)} by ${pieceBytes}`,
      );
    }
  }
});

test('a line that is too long is dropped, what follows is read', () => {
  const long = 'x'.repeat(COMMAND_TEXT_MAX_BYTES + 10);
  for (const pieceBytes of [1_000, 1_000_000]) {
    assert.deepEqual(found(`${long}\r\nb\r\n`, pieceBytes), ['too long', '[["b"],[]]']);
    assert.deepEqual(found(`${long} {3+}\r\nx\r\n y\r\nb\r\n`, 777), ['too long', '[["b"],[]]']);
  }
});

test('text between literals counts as one line', () => {
  const piece = `${'x'.repeat(1_000)} {0+}\r\n`;
  const events = found(`a ${piece.repeat(100)}\r\n`, 1_000_000);
  assert.ok(events.includes('too long'));
  assert.ok(events.filter((event) => event === 'accept 0').length < 70);
});

test('a command has so many literals at most', () => {
  const events = found(`a ${' {0+}\r\n'.repeat(LITERALS_MAX + 1)}\r\nb\r\n`, 1_000_000);
  assert.equal(events.filter((event) => event === 'accept 0').length, LITERALS_MAX);
  assert.deepEqual(events.slice(-2), ['too long', '[["b"],[]]']);
});

test('nothing is held between commands', () => {
  const reader = new CommandReader();
  reader.push(Buffer.from('a NOOP\r\n'));
  reader.next();
  assert.equal(reader.bufferedBytes, 0);
});
