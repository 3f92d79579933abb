import assert from 'node:assert/strict';
import { test } from 'node:test';
import { orderHosts } from './order-hosts.ts';
import type { MxHost } from './ports/mx-resolver.ts';
import { systemRandom } from './ports/random.ts';

function host(name: string, preference: number, usable = true): MxHost {
  return { name, preference, addresses: usable ? [{ address: '192.0.2.1', family: 4 }] : [] };
}

test('preference decides, chance only among equals', () => {
  const hosts = [host('a', 10), host('b', 10), host('c', 10), host('d', 20), host('e', 5)];
  const firsts = new Map<string, number>();
  for (let round = 0; round < 3000; round++) {
    const names = orderHosts(hosts, systemRandom).map(({ name }) => name);
    assert.equal(names[0], 'e');
    assert.equal(names[4], 'd');
    const second = names[1] ?? '';
    firsts.set(second, (firsts.get(second) ?? 0) + 1);
  }
  // 1000 expected of each; 800 is seven standard deviations away.
  for (const name of ['a', 'b', 'c']) assert.ok((firsts.get(name) ?? 0) > 800, name);
});

test('the chance passed in decides, and what was given stays as it is', () => {
  const hosts = Object.freeze([host('a', 0), host('b', 0)]);
  const draws = [0.9, 0.1];
  const ordered = orderHosts(hosts, { next: () => draws.shift() ?? 0 });
  assert.deepEqual(
    ordered.map(({ name }) => name),
    ['b', 'a'],
  );
});

test('hosts without addresses are left out', () => {
  assert.deepEqual(orderHosts([host('a', 0, false), host('b', 1)], systemRandom), [host('b', 1)]);
});
