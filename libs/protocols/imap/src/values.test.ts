import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatDateTime, parseDate, parseDateTime, parseSentDay } from './date-time.ts';
import { formatMailbox, formatNstring, formatString } from './format.ts';
import { matchesPattern } from './list-pattern.ts';
import { decodeMailboxName, encodeMailboxName } from './mailbox-name.ts';
import { formatSet, parseSequenceSet, resolveSet } from './sequence-set.ts';

test('sequence sets', () => {
  const resolved = (text: string, greatest: number): string =>
    formatSetRanges(resolveSet(parseSequenceSet(text) ?? [], greatest));
  assert.equal(resolved('2,4:7,9,12:*', 15), '2:2,4:7,9:9,12:15');
  assert.equal(resolved('*:4,5:7', 10), '4:10');
  assert.equal(resolved('20:*', 10), '10:10');
  assert.equal(resolved('3:1,2,1', 10), '1:3');
  assert.equal(resolved('20:30', 10), '');
  assert.equal(resolved('*', 0), '');
  for (const wrong of ['', '0', '1:', ':1', '1,,2', '1:2:3', 'a', '4294967296', '1,']) {
    assert.equal(parseSequenceSet(wrong), undefined, wrong);
  }
  assert.equal(formatSet([1, 2, 3, 7, 9, 8]), '1:3,7,9,8');
});

function formatSetRanges(ranges: readonly { first: number; last: number }[]): string {
  return ranges.map(({ first, last }) => `${first}:${last}`).join(',');
}

test('modified UTF-7 (RFC 3501 §5.1.3)', () => {
  for (const [name, encoded] of [
    ['~peter/mail/台北/日本語', '~peter/mail/&U,BTFw-/&ZeVnLIqe-'],
    ['a & b', 'a &- b'],
    ['Späße', 'Sp&AOQA3w-e'],
    ['😀', '&2D3eAA-'],
  ] as const) {
    assert.equal(encodeMailboxName(name), encoded);
    assert.equal(decodeMailboxName(encoded), name);
  }
  for (const wrong of ['&', '&AOQ', '&AOQ=-', '&2D0-', 'a\nb', '\xff', 'x'.repeat(501)]) {
    assert.equal(decodeMailboxName(wrong), undefined, wrong);
  }
});

test('LIST patterns', () => {
  const cases: readonly [string, string, boolean][] = [
    ['a/b', '*', true],
    ['a/b', '%', false],
    ['a/b', '%/%', true],
    ['a/b', 'a/b', true],
    ['a/b', 'a', false],
    ['abcabc', 'a*c', true],
    ['abcab', 'a*c', false],
    ['a/b', 'a%b', false],
    ['a/b', '%*', true],
    ['', '*', true],
    ['', 'a', false],
  ];
  for (const [name, pattern, expected] of cases) {
    assert.equal(matchesPattern(name, pattern, '/'), expected, `${name} ~ ${pattern}`);
  }
  assert.equal(matchesPattern('a'.repeat(500), `${'*a'.repeat(200)}b`, '/'), false);
});

test('dates', () => {
  assert.equal(parseDateTime('17-Jul-1996 02:44:25 -0700'), Date.UTC(1996, 6, 17, 9, 44, 25));
  assert.equal(parseDateTime(' 1-Jan-2026 00:00:00 +0530'), Date.UTC(2025, 11, 31, 18, 30));
  assert.equal(parseDateTime('31-Apr-2026 00:00:00 +0000'), undefined);
  assert.equal(formatDateTime(Date.UTC(2026, 0, 2, 3, 4, 5)), '02-Jan-2026 03:04:05 +0000');
  assert.equal(parseDate('1-feb-1994'), Date.UTC(1994, 1, 1));
  assert.equal(parseSentDay('Fri, 3 Jan 2020 23:00:00 -0900'), Date.UTC(2020, 0, 3));
  assert.equal(parseSentDay('3 Jan 98'), Date.UTC(1998, 0, 3));
  assert.equal(parseSentDay('yesterday'), undefined);
});

test('strings are quoted, or literals where they must be', () => {
  assert.equal(formatString('a "b" \\'), '"a \\"b\\" \\\\"');
  assert.equal(formatString('a\r\nb'), '{4}\r\na\r\nb');
  assert.equal(formatString('\xe4\0'), '{1}\r\n\xe4');
  assert.equal(formatNstring(null), 'NIL');
  assert.equal(formatNstring(''), '""');
  assert.equal(formatMailbox('a b'), '"a b"');
  assert.equal(formatMailbox('nil'), '"nil"');
});
