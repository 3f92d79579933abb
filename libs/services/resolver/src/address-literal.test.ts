import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAddressLiteral } from './address-literal.ts';

test('address literals of both families', () => {
  const vectors: [string, string, 4 | 6][] = [
    ['[192.0.2.1]', '192.0.2.1', 4],
    ['[IPv6:2001:db8::1]', '2001:db8::1', 6],
    ['[ipv6:2001:0DB8:0:0:0:0:0:1]', '2001:db8::1', 6],
    ['[IPv6:::1]', '::1', 6],
  ];
  for (const [literal, address, family] of vectors) {
    assert.deepEqual(parseAddressLiteral(literal), { address, family });
  }
});

test('what is no address literal', () => {
  const bad = [
    '192.0.2.1',
    '[192.0.2]',
    '[192.0.2.256]',
    '[2001:db8::1]',
    '[IPv6:192.0.2.1]',
    '[]',
  ];
  bad.push(
    '[IPv6:]',
    '[IPv6:fe80::1%lo]',
    '[192.0.2.1',
    '[192.0.2.1]]',
    '[tag:content]',
    '[ 192.0.2.1]',
  );
  for (const text of bad) assert.equal(parseAddressLiteral(text), undefined, text);
});
