import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Networks, isLoopback, peerGroup } from './peer-group.ts';

test('an IPv6 /64 counts as one address', () => {
  assert.equal(peerGroup('192.0.2.1'), '192.0.2.1');
  for (const same of ['2001:db8:1:2::1', '2001:DB8:1:2:ffff:0:0:1', '2001:0db8:0001:0002::']) {
    assert.equal(peerGroup(same), '2001:db8:1:2::/64');
  }
  assert.equal(peerGroup('2001:db8::1'), '2001:db8:0:0::/64');
  assert.equal(peerGroup('::1'), '0:0:0:0::/64');
});

test('networks', () => {
  const networks = new Networks(['127.0.0.0/8', '192.0.2.7', '2001:db8::/32']);
  for (const inside of ['127.9.9.9', '192.0.2.7', '2001:db8:5::1']) assert.ok(networks.has(inside));
  for (const outside of ['128.0.0.1', '192.0.2.8', '2001:db9::1', ''])
    assert.ok(!networks.has(outside));
  assert.ok(!new Networks([]).has('127.0.0.1'));
  assert.throws(() => new Networks(['example.org']));
  assert.throws(() => new Networks(['10.0.0.0/40']));
});

test('loopback', () => {
  assert.ok(isLoopback('127.0.0.2') && isLoopback('::1'));
  assert.ok(!isLoopback('192.0.2.1'));
});
