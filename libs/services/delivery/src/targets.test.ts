import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MxAnswer, MxHost, MxResolver, Route } from '@staffetta/core';
import { TargetFinder } from './targets.ts';
import type { Targets, TargetSettings } from './targets.ts';

const SETTINGS: TargetSettings = {
  hostname: 'Relay.example',
  ownAddresses: new Set(['192.0.2.99']),
  remotePort: 25,
  allowLoopback: false,
};

function host(name: string, preference: number, ...addresses: readonly string[]): MxHost {
  return {
    name,
    preference,
    addresses: addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
  };
}

function hosts(...all: readonly MxHost[]): MxAnswer {
  return { kind: 'hosts', site: all[0]!.name, hosts: all, implicit: false, expiresAtMs: 0 };
}

function find(
  answers: Readonly<Record<string, MxAnswer>>,
  route: Partial<Route>,
  settings: Partial<TargetSettings> = {},
): Promise<Targets> {
  const resolver: MxResolver = {
    resolve: (domain) =>
      Promise.resolve(answers[domain] ?? { kind: 'temporary', reason: 'no answer' }),
    stats: () => ({ entries: 0, hits: 0, misses: 0, questions: 0, failures: 0 }),
  };
  const finder = new TargetFinder(resolver, { next: () => 0 }, { ...SETTINGS, ...settings });
  return finder.find({ site: '', domain: 'd', nextHop: '', relay: false, ...route });
}

async function listed(...args: Parameters<typeof find>): Promise<string> {
  const found = await find(...args);
  if (found.kind === 'targets')
    return found.targets.map(({ address, port }) => `${address} ${port}`).join(', ');
  return found.kind === 'permanent' ? `${found.reply.code} ${found.reply.enhanced}` : found.kind;
}

test('all addresses of all hosts, by preference', async () => {
  const d = hosts(
    host('b', 20, '192.0.2.3'),
    host('a', 10, '192.0.2.1', '2001:db8::1'),
    host('c', 30),
  );
  assert.equal(await listed({ d }, {}), '192.0.2.1 25, 2001:db8::1 25, 192.0.2.3 25');
});

test('answers of the DNS that are final, and those that are not', async () => {
  assert.equal(await listed({ d: { kind: 'null-mx' } }, {}), '550 5.1.10');
  assert.equal(await listed({ d: { kind: 'no-such-domain' } }, {}), '550 5.1.2');
  assert.equal(await listed({ d: { kind: 'no-hosts' } }, {}), '550 5.4.4');
  assert.equal(await listed({}, {}), 'temporary');
  assert.equal(await listed({ d: hosts(host('a', 1)) }, {}), 'temporary');
});

test('only hosts before us, known by name or address; where we are the best it would loop', async () => {
  const first = host('first', 10, '192.0.2.1');
  const equal = host('equal', 20, '192.0.2.2');
  for (const us of [host('relay.example', 20, '192.0.2.5'), host('x', 20, '192.0.2.99')]) {
    assert.equal(
      await listed({ d: hosts(first, equal, us, host('after', 30, '192.0.2.7')) }, {}),
      '192.0.2.1 25',
    );
    assert.equal(await listed({ d: hosts(us, equal) }, {}), '550 5.4.6');
  }
});

test('a host before us whose name does not resolve now is waited for', async () => {
  const d = hosts(host('first', 10), host('relay.example', 20, '192.0.2.5'));
  assert.equal(await listed({ d }, {}), 'temporary');
});

test('loopback is a loop, unless it is allowed', async () => {
  for (const address of ['127.0.0.1', '127.3.2.1', '::1', '0.0.0.0', '::ffff:127.0.0.1']) {
    const d = hosts(host('a', 10, address));
    assert.equal(await listed({ d }, {}), '550 5.4.6', address);
    assert.equal(await listed({ d }, {}, { allowLoopback: true }), `${address} 25`);
  }
});

test('a next hop: address or name, with or without port, and never a reason to bounce', async () => {
  const hop = hosts(host('hop.example', 0, '192.0.2.8'));
  const answers = { 'hop.example': hop };
  assert.equal(await listed(answers, { nextHop: 'hop.example' }), '192.0.2.8 25');
  assert.equal(await listed(answers, { nextHop: 'hop.example:2525' }), '192.0.2.8 2525');
  assert.equal(await listed(answers, { nextHop: '[2001:db8::8]:26' }), '2001:db8::8 26');
  assert.equal(await listed(answers, { nextHop: '127.0.0.1:2526' }), '127.0.0.1 2526');
  assert.equal(await listed(answers, { nextHop: 'localhost:2526' }), '127.0.0.1 2526');
  assert.equal(
    await listed({ 'h.example': { kind: 'no-such-domain' } }, { nextHop: 'h.example' }),
    'temporary',
  );
});
