import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { MxAnswer, MxResolver } from '@staffetta/core';
import { DnsZone } from '../dns/dns-zone.ts';

/** A resolver made for one check, on the system's clock; it finds what the zone says. */
export interface MadeMxResolver {
  readonly resolver: MxResolver;
  stop(): Promise<void>;
}

/** A resolver that asks another process, which dies as by kill -9, and comes back. */
export interface MadeRemoteMxResolver extends MadeMxResolver {
  cut(): Promise<void>;
  restore(): Promise<void>;
}

/** Of the answer that a host has no address of one family. */
const TTL_SEC = 60;
const TTL_TOLERANCE_MS = 5_000;
const AT_ONCE = 500;
const SLOW_MS = 100;
/** As many as a resolver takes. */
const HOSTS = 32;
const ADDRESSES = 16;

const ZONE = `
  example.test   300 MX 20 b.mx.test
  example.test   300 MX 10 c.mx.test
  example.test   300 MX 10 a.mx.test
  a.mx.test      300 AAAA 2001:db8::1
  a.mx.test      300 A  192.0.2.1
  b.mx.test      300 A  192.0.2.2
  c.mx.test      300 AAAA 2001:db8::3
  implicit.test  300 A  192.0.2.9
  null.test      300 MX 0 .
  bare.below     300 A  192.0.2.1
  sick.test      300 MX 10 a.mx.test
`;

/** What every MxResolver promises. `make` gives one for the zone, and is called for each check. */
export function mxResolverContract(
  label: string,
  make: (zone: DnsZone) => Promise<MadeMxResolver>,
): void {
  const check = checksOf(label, make);
  checkAnswers(check);
  checkAsking(check);
}

/** What an MxResolver that asks another process promises beyond that. */
export function remoteMxResolverContract(
  label: string,
  make: (zone: DnsZone) => Promise<MadeRemoteMxResolver>,
): void {
  mxResolverContract(label, make);
  checkOutage(checksOf(label, make));
}

type Check<Made> = (title: string, body: (made: Made, zone: DnsZone) => Promise<void>) => void;

function checksOf<Made extends MadeMxResolver>(
  label: string,
  make: (zone: DnsZone) => Promise<Made>,
): Check<Made> {
  return (title, body) => {
    void test(`${label}: ${title}`, async () => {
      const zone = new DnsZone(ZONE);
      const made = await make(zone);
      try {
        await body(made, zone);
      } finally {
        await made.stop();
      }
    });
  };
}

function checkAnswers(check: Check<MadeMxResolver>): void {
  check('hosts with addresses, site and time', async ({ resolver }) => {
    const beforeMs = Date.now();
    const answer = await resolver.resolve('example.test');
    assert.ok(answer.kind === 'hosts');
    const { expiresAtMs, ...rest } = answer;
    assert.deepEqual(rest, {
      kind: 'hosts',
      site: '(a|c>b).mx.test',
      implicit: false,
      hosts: [
        {
          name: 'a.mx.test',
          preference: 10,
          addresses: [
            { address: '192.0.2.1', family: 4 },
            { address: '2001:db8::1', family: 6 },
          ],
        },
        {
          name: 'c.mx.test',
          preference: 10,
          addresses: [{ address: '2001:db8::3', family: 6 }],
        },
        { name: 'b.mx.test', preference: 20, addresses: [{ address: '192.0.2.2', family: 4 }] },
      ],
    });
    const heldMs = expiresAtMs - beforeMs;
    assert.ok(heldMs > 0 && heldMs < TTL_SEC * 1_000 + TTL_TOLERANCE_MS, String(heldMs));
    assert.ok(heldMs > TTL_SEC * 1_000 - TTL_TOLERANCE_MS, String(heldMs));
  });

  check('every other kind of answer', async ({ resolver }, zone) => {
    zone.setFault('sick.test', 'servfail');
    const implicit = await resolver.resolve('implicit.test');
    assert.ok(implicit.kind === 'hosts' && implicit.implicit);
    const literal = await resolver.resolve('[IPv6:2001:DB8::7]');
    assert.ok(literal.kind === 'hosts');
    assert.deepEqual(literal.hosts[0]?.addresses, [{ address: '2001:db8::7', family: 6 }]);
    const kinds: [string, MxAnswer['kind']][] = [
      ['null.test', 'null-mx'],
      ['absent.test', 'no-such-domain'],
      ['a b', 'no-such-domain'],
      ['', 'no-such-domain'],
      [`${'a'.repeat(64)}.test`, 'no-such-domain'],
      ['x'.repeat(10_000), 'no-such-domain'],
      ['below', 'no-hosts'],
      ['sick.test', 'temporary'],
    ];
    for (const [domain, kind] of kinds) {
      const answer = await resolver.resolve(domain);
      assert.equal(answer.kind, kind, domain);
      if (answer.kind === 'temporary') assert.notEqual(answer.reason, '');
    }
  });

  check('as many hosts as are taken, for many domains at once', async ({ resolver }, zone) => {
    const domains = Array.from({ length: HOSTS }, (_, n) => `big${n}.test`);
    for (const [n] of domains.entries()) {
      const name = `h${n}.${'long'.repeat(12)}.test`;
      for (let host = 0; host < ADDRESSES; host++) zone.add(`${name} 300 A 192.0.2.${host}`);
      for (const domain of domains) zone.add(`${domain} 300 MX ${n} ${name}`);
    }
    const answers = await Promise.all(domains.map((domain) => resolver.resolve(domain)));
    for (const answer of answers) {
      assert.ok(answer.kind === 'hosts');
      assert.equal(answer.hosts.length, HOSTS);
      assert.equal(answer.hosts[HOSTS - 1]?.addresses.length, ADDRESSES);
    }
  });
}

function checkAsking(check: Check<MadeMxResolver>): void {
  check('one name is asked for once, then answered from what is kept', async (made, zone) => {
    const { resolver } = made;
    zone.setFault('example.test', { delayMs: SLOW_MS });
    await Promise.all([1, 2, 3].map(() => resolver.resolve('example.test')));
    await resolver.resolve('Example.Test.');
    assert.equal(zone.count('MX', 'example.test'), 1);
    const { hits, misses, entries } = resolver.stats();
    assert.deepEqual([hits, misses], [1, 3]);
    assert.ok(entries > 0);
  });

  check('many names at once each get their own answer', async ({ resolver }, zone) => {
    const names = Array.from({ length: AT_ONCE }, (_, n) => `d${n}.test`);
    for (const [n, name] of names.entries()) {
      zone.add(`${name} 300 A 10.0.${n >> 8}.${n & 255}`);
      // Answers come in another order than questions.
      if (n % 3 === 0) zone.setFault(name, { delayMs: n % 50 });
    }
    const answers = await Promise.all(names.map((name) => resolver.resolve(name)));
    for (const [n, answer] of answers.entries()) {
      assert.ok(answer.kind === 'hosts');
      assert.equal(answer.hosts[0]?.name, names[n]);
      assert.equal(answer.hosts[0]?.addresses[0]?.address, `10.0.${n >> 8}.${n & 255}`);
    }
  });

  check('who gives up does not end the question for the others', async ({ resolver }, zone) => {
    zone.setFault('example.test', { delayMs: SLOW_MS });
    const controller = new AbortController();
    const impatient = resolver.resolve('example.test', { signal: controller.signal });
    const patient = resolver.resolve('example.test');
    controller.abort(new Error('enough'));
    await assert.rejects(impatient, /enough/);
    assert.equal((await patient).kind, 'hosts');
    const late = resolver.resolve('example.test', { signal: AbortSignal.abort(new Error('late')) });
    await assert.rejects(late, /late/);
  });
}

function checkOutage(check: Check<MadeRemoteMxResolver>): void {
  check('away, it answers temporary; back, it answers', async (made) => {
    const { resolver } = made;
    assert.equal((await resolver.resolve('example.test')).kind, 'hosts');
    await made.cut();
    const away = await resolver.resolve('implicit.test');
    assert.ok(away.kind === 'temporary');
    assert.match(away.reason, /UNAVAILABLE/);
    // What is kept still serves.
    assert.equal((await resolver.resolve('example.test')).kind, 'hosts');
    await made.restore();
    assert.equal((await resolver.resolve('implicit.test')).kind, 'hosts');
  });

  check('questions open when it dies are answered when it is back', async (made, zone) => {
    const { resolver } = made;
    zone.setFault('implicit.test', { delayMs: SLOW_MS });
    const open = resolver.resolve('implicit.test');
    while (zone.count('MX', 'implicit.test') === 0) await turn();
    await made.cut();
    const asked = resolver.resolve('null.test');
    await made.restore();
    assert.equal((await open).kind, 'hosts');
    assert.equal((await asked).kind, 'null-mx');
    assert.equal(zone.count('MX', 'implicit.test'), 2);
  });
}
