import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countedAddress, isLoopback, plainAddress } from './address.ts';

test('addresses without zone and mapping', () => {
  assert.equal(plainAddress('::ffff:192.0.2.1'), '192.0.2.1');
  assert.equal(plainAddress('fe80::1%eth0'), 'fe80::1');
  assert.equal(isLoopback('127.8.9.1'), true);
  assert.equal(isLoopback('::1'), true);
  assert.equal(isLoopback('192.0.2.1'), false);
});

test('an IPv6 /64 counts as one', () => {
  for (const [a, b, same] of [
    ['2001:db8::1', '2001:db8:0:0:ffff::2', true],
    ['2001:db8:0:1::1', '2001:db8:0:2::1', false],
    ['::1', '::2', true],
    ['2001:db8::', '2001:db8::1:2:3:4', true],
    ['2001:db8:1:2:3:4:5:6', '2001:0db8:1:2::', true],
  ] as const) {
    assert.equal(countedAddress(a) === countedAddress(b), same, `${a} ${b}`);
  }
  assert.equal(countedAddress('192.0.2.1'), '192.0.2.1');
});
