import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAddressList } from './address-list.ts';

const VECTORS: readonly [string, readonly (readonly (string | null)[])[]][] = [
  ['a@example.com', [[null, 'a', 'example.com']]],
  ['Ann <a@example.com>', [['Ann', 'a', 'example.com']]],
  [
    '"Doe, Ann" <a@example.com>, b@c.d',
    [
      ['Doe, Ann', 'a', 'example.com'],
      [null, 'b', 'c.d'],
    ],
  ],
  ['a@example.com (Ann (the first))', [['Ann (the first)', 'a', 'example.com']]],
  ['"a b"@example.com', [[null, 'a b', 'example.com']]],
  ['=?utf-8?q?J=C3=B6rg?= <j@x.y>', [['=?utf-8?q?J=C3=B6rg?=', 'j', 'x.y']]],
  ['Ann M. "X" Doe <a@b>', [['Ann M. X Doe', 'a', 'b']]],
  ['<@r.one,@r.two:a@b.c>', [[null, 'a', 'b.c']]],
  ['a@[192.0.2.1]', [[null, 'a', '[192.0.2.1]']]],
  [
    'Team: a@b, C <c@d>;',
    [
      [null, 'Team', null],
      [null, 'a', 'b'],
      ['C', 'c', 'd'],
      [null, null, null],
    ],
  ],
  [
    'undisclosed-recipients:;',
    [
      [null, 'undisclosed-recipients', null],
      [null, null, null],
    ],
  ],
  ['root', [[null, 'root', '']]],
  ['<>', [[null, '', '']]],
  ['', []],
  [',,,', []],
];

for (const [value, expected] of VECTORS) {
  test(`reads ${value}`, () => {
    assert.deepEqual(
      parseAddressList(value).map(({ name, mailbox, host }) => [name, mailbox, host]),
      expected,
    );
  });
}
