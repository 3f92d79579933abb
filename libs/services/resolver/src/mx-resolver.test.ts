import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Dns, MxAnswer } from '@staffetta/core';
import { DnsZone, zoneDns, type DnsZoneOptions } from '@staffetta/testing';
import { DnsMxResolver } from './mx-resolver.ts';

interface Scene {
  readonly zone: DnsZone;
  readonly resolver: DnsMxResolver;
  nowMs: number;
}

function scene(
  text: string,
  options?: DnsZoneOptions,
  limits: { domainsMax?: number } = {},
): Scene {
  const zone = new DnsZone(text, options);
  const made = { zone, nowMs: 1_000_000 };
  const clock = { now: () => made.nowMs };
  const resolver = new DnsMxResolver({ dns: zoneDns(zone), clock, ...limits });
  return Object.assign(made, { resolver });
}

/** `10 mx.test 192.0.2.1 2001:db8::1` for each host, or the kind. */
function brief(answer: MxAnswer): string[] | string {
  if (answer.kind !== 'hosts') return answer.kind;
  return answer.hosts.map(({ name, preference, addresses }) =>
    [preference, name, ...addresses.map(({ address }) => address)].join(' '),
  );
}

/** So many CNAMEs from `n0.end` to `end`. */
function chain(length: number, end: string): string {
  const link = (n: number): string => (n < length ? `n${n}.${end}` : end);
  const links = Array.from({ length }, (_, n) => `${link(n)} 60 CNAME ${link(n + 1)}`);
  return [...links, `${end} 60 A 192.0.2.1`].join('\n');
}

test('hosts come by preference and name, with the addresses of both families', async () => {
  const { resolver } = scene(`
    example.test   300 MX 20 b.mx.test
    example.test   300 MX 10 c.mx.test
    example.test   300 MX 10 a.mx.test
    example.test   300 A  192.0.2.99
    a.mx.test      300 AAAA 2001:db8::1
    a.mx.test      300 A  192.0.2.1
    b.mx.test      300 A  192.0.2.2
    c.mx.test      300 AAAA 2001:db8::3
  `);
  const answer = await resolver.resolve('example.test');
  assert.deepEqual(brief(answer), [
    '10 a.mx.test 192.0.2.1 2001:db8::1',
    '10 c.mx.test 2001:db8::3',
    '20 b.mx.test 192.0.2.2',
  ]);
  assert.ok(answer.kind === 'hosts' && !answer.implicit);
  assert.equal(answer.site, '(a|c>b).mx.test');
  assert.deepEqual(
    answer.hosts[0]?.addresses.map(({ family }) => family),
    [4, 6],
  );
});

test('without MX the domain is its own host', async () => {
  const { resolver } = scene(`
    example.test 300 A    192.0.2.1
    v6.test      300 AAAA 2001:db8::1
  `);
  const answer = await resolver.resolve('example.test');
  assert.deepEqual(brief(answer), ['0 example.test 192.0.2.1']);
  assert.ok(answer.kind === 'hosts' && answer.implicit);
  assert.equal(answer.site, 'example.test');
  assert.deepEqual(brief(await resolver.resolve('v6.test')), ['0 v6.test 2001:db8::1']);
});

test('a null MX, and a dot beside other hosts', async () => {
  const { resolver } = scene(`
    null.test  300 MX 0 .
    null.test  300 A  192.0.2.1
    mixed.test 300 MX 0 .
    mixed.test 300 MX 10 mx.test
    mx.test    300 A  192.0.2.1
  `);
  assert.equal(brief(await resolver.resolve('null.test')), 'null-mx');
  assert.deepEqual(brief(await resolver.resolve('mixed.test')), ['10 mx.test 192.0.2.1']);
});

test('no such domain, no address at all, and hosts that do not exist', async () => {
  const { resolver } = scene(`
    bare.test.below 300 A  192.0.2.1
    lost.test       300 MX 10 nowhere.test
    lost.test       300 A  192.0.2.1
    numbers.test    300 MX 10 192.0.2.1
  `);
  assert.equal(brief(await resolver.resolve('absent.test')), 'no-such-domain');
  assert.equal(brief(await resolver.resolve('below')), 'no-hosts');
  // RFC 5321 §5.1: with MX records the domain's own addresses must not be used.
  assert.equal(brief(await resolver.resolve('lost.test')), 'no-hosts');
  assert.equal(brief(await resolver.resolve('numbers.test')), 'no-hosts');
});

test('a host that does not resolve stays without addresses, and the site does not change', async () => {
  const { resolver, zone } = scene(`
    example.test 300 MX 10 a.mx.test
    example.test 300 MX 20 b.mx.test
    other.test   300 MX 10 a.mx.test
    other.test   300 MX 20 b.mx.test
    b.mx.test    300 A  192.0.2.2
  `);
  const answer = await resolver.resolve('example.test');
  assert.deepEqual(brief(answer), ['10 a.mx.test', '20 b.mx.test 192.0.2.2']);
  zone.add('a.mx.test 300 A 192.0.2.1');
  const other = await resolver.resolve('other.test');
  assert.ok(answer.kind === 'hosts' && other.kind === 'hosts');
  assert.equal(answer.site, other.site);
});

for (const followCnames of [true, false]) {
  test(`CNAMEs of domains and hosts, ${followCnames ? 'in one answer' : 'link by link'}`, async () => {
    const { resolver } = scene(
      `
      www.test      300 CNAME example.test
      example.test  300 MX 10 mail.test
      mail.test     300 CNAME one.mail.test
      one.mail.test 300 CNAME two.mail.test
      two.mail.test 300 A 192.0.2.1
      plain.test    300 CNAME two.mail.test
      loose.test    300 CNAME nowhere.test
      loop.test     300 CNAME pool.test
      pool.test     300 CNAME loop.test
      `,
      { followCnames },
    );
    assert.deepEqual(brief(await resolver.resolve('www.test')), ['10 mail.test 192.0.2.1']);
    assert.deepEqual(brief(await resolver.resolve('plain.test')), ['0 two.mail.test 192.0.2.1']);
    assert.equal(brief(await resolver.resolve('loose.test')), 'no-such-domain');
    assert.equal(brief(await resolver.resolve('loop.test')), 'temporary');
  });
}

test('a chain of CNAMEs is followed so far and no further', async () => {
  for (const followCnames of [true, false]) {
    const zone = `${chain(10, 'short.test')}\n${chain(11, 'long.test')}`;
    const { resolver } = scene(zone, { followCnames });
    assert.deepEqual(brief(await resolver.resolve('n0.short.test')), ['0 short.test 192.0.2.1']);
    assert.equal(brief(await resolver.resolve('n0.long.test')), 'temporary');
  }
});

test('a failure is temporary wherever it decides, and never falls back to the address', async () => {
  const { resolver, zone } = scene(`
    example.test 300 MX 10 a.mx.test
    example.test 300 MX 20 b.mx.test
    example.test 300 A  192.0.2.9
    a.mx.test    300 A  192.0.2.1
    b.mx.test    300 A  192.0.2.2
    lost.test    300 MX 10 a.mx.test
    lost.test    300 MX 20 nowhere.test
  `);
  zone.setFault('example.test', 'servfail');
  assert.equal(brief(await resolver.resolve('example.test')), 'temporary');
  zone.setFault('a.mx.test', 'silent');
  assert.equal(brief(await resolver.resolve('lost.test')), 'temporary');
});

test('where some hosts fail the others are used, and the failed are asked again soon', async () => {
  const made = scene(`
    example.test 3600 MX 10 a.mx.test
    example.test 3600 MX 20 b.mx.test
    a.mx.test    3600 A  192.0.2.1
    b.mx.test    3600 A  192.0.2.2
  `);
  made.zone.setFault('a.mx.test', 'servfail');
  const answer = await made.resolver.resolve('example.test');
  assert.deepEqual(brief(answer), ['10 a.mx.test', '20 b.mx.test 192.0.2.2']);
  made.zone.setFault('a.mx.test', undefined);
  made.nowMs += 60_000;
  const whole = await made.resolver.resolve('example.test');
  assert.deepEqual(brief(whole), ['10 a.mx.test 192.0.2.1', '20 b.mx.test 192.0.2.2']);
  assert.equal(made.zone.count('MX', 'example.test'), 1);
});

test('answers are kept for the least TTL, and a record set for its own', async () => {
  const made = scene(`
    example.test 100 MX 10 mx.test
    mx.test      20  A  192.0.2.1
    mx.test      30  AAAA 2001:db8::1
  `);
  const ask = async (): Promise<MxAnswer> => made.resolver.resolve('example.test');
  const first = await ask();
  assert.equal(first.kind === 'hosts' && first.expiresAtMs, made.nowMs + 20_000);
  made.nowMs += 19_999;
  await ask();
  assert.equal(made.zone.questions.length, 3);
  made.nowMs += 1;
  await ask();
  assert.deepEqual(made.zone.questions.slice(3), ['A mx.test']);
  made.nowMs += 80_000;
  await ask();
  assert.equal(made.zone.count('MX', 'example.test'), 2);
});

test('a TTL of 0 is kept for a second, one of a month for a day', async () => {
  const made = scene(
    `
    zero.test  0       A 192.0.2.1
    month.test 2592000 A 192.0.2.1
  `,
    { negativeTtlSec: 2_592_000 },
  );
  const zero = await made.resolver.resolve('zero.test');
  assert.equal(zero.kind === 'hosts' && zero.expiresAtMs, made.nowMs + 1000);
  await made.resolver.resolve('month.test');
  made.nowMs += 24 * 3_600_000 - 1;
  await made.resolver.resolve('month.test');
  assert.equal(made.zone.count('A', 'month.test'), 1);
  made.nowMs += 1;
  await made.resolver.resolve('month.test');
  assert.equal(made.zone.count('A', 'month.test'), 2);
});

test('a negative answer is kept as the SOA says, and without SOA for five seconds', async () => {
  for (const [negativeTtlSec, keptMs] of [
    [60, 60_000],
    [0, 5000],
    [1_000_000, 3 * 3_600_000],
  ] as const) {
    const made = scene('other.test 60 A 192.0.2.1', { negativeTtlSec });
    const ask = async (): Promise<unknown> => brief(await made.resolver.resolve('absent.test'));
    assert.equal(await ask(), 'no-such-domain');
    made.zone.add('absent.test 60 A 192.0.2.1');
    made.nowMs += keptMs - 1;
    assert.equal(await ask(), 'no-such-domain');
    made.nowMs += 1;
    assert.deepEqual(await ask(), ['0 absent.test 192.0.2.1']);
  }
});

test('a failure is kept for five seconds', async () => {
  const made = scene('example.test 60 A 192.0.2.1');
  made.zone.setFault('*', 'servfail');
  assert.equal(brief(await made.resolver.resolve('example.test')), 'temporary');
  made.zone.setFault('*', undefined);
  made.nowMs += 4999;
  assert.equal(brief(await made.resolver.resolve('example.test')), 'temporary');
  made.nowMs += 1;
  assert.deepEqual(brief(await made.resolver.resolve('example.test')), [
    '0 example.test 192.0.2.1',
  ]);
  const { questions, failures } = made.resolver.stats();
  assert.deepEqual([questions, failures], [4, 1]);
});

test('while DNS is away what is kept still serves', async () => {
  const made = scene(`
    example.test 60 MX 10 mx.test
    mx.test      60 A  192.0.2.1
  `);
  await made.resolver.resolve('example.test');
  made.zone.setFault('*', 'silent');
  made.nowMs += 59_000;
  assert.deepEqual(brief(await made.resolver.resolve('example.test')), ['10 mx.test 192.0.2.1']);
  assert.equal(brief(await made.resolver.resolve('other.test')), 'temporary');
  made.nowMs += 1000;
  assert.equal(brief(await made.resolver.resolve('example.test')), 'temporary');
});

test('one name is asked for once at a time, and shared hosts once for all domains', async () => {
  const { resolver, zone } = scene(`
    one.test 60 MX 10 mx.test
    two.test 60 MX 10 mx.test
    mx.test  60 A  192.0.2.1
  `);
  const asked = Array.from({ length: 100 }, (_, n) =>
    resolver.resolve(n % 2 ? 'one.test' : 'TWO.test.'),
  );
  const sites = new Set(
    (await Promise.all(asked)).map((answer) => answer.kind === 'hosts' && answer.site),
  );
  assert.deepEqual([...sites], ['mx.test']);
  assert.deepEqual(zone.questions.toSorted(), [
    'A mx.test',
    'AAAA mx.test',
    'MX one.test',
    'MX two.test',
  ]);
  assert.deepEqual(resolver.stats(), {
    entries: 6,
    hits: 0,
    misses: 100,
    questions: 4,
    failures: 0,
  });
});

test('no more domains are kept than allowed', async () => {
  const { resolver, zone } = scene('mx.test 60 A 192.0.2.1', {}, { domainsMax: 10 });
  for (let n = 0; n < 100; n++) await resolver.resolve(`n${n}.test`);
  assert.equal(resolver.stats().entries, 10 + zone.questions.length);
});

test('address literals, and what can be no domain, need no DNS', async () => {
  const { resolver, zone } = scene('');
  const v4 = await resolver.resolve('[192.0.2.1]');
  assert.deepEqual(brief(v4), ['0 [192.0.2.1] 192.0.2.1']);
  const v6 = await resolver.resolve('[IPv6:2001:DB8:0::1]');
  assert.deepEqual(brief(v6), ['0 [ipv6:2001:db8::1] 2001:db8::1']);
  for (const domain of [
    '',
    '.',
    'a..b',
    'a b',
    `${'a'.repeat(64)}.test`,
    '[bogus]',
    '[192.0.2.1',
  ]) {
    assert.equal(brief(await resolver.resolve(domain)), 'no-such-domain', domain);
  }
  assert.deepEqual(zone.questions, []);
});

test('hosts and addresses beyond the limits are left out, the best kept', async () => {
  const records = ['example.test 60 MX 0 best.test', 'other.test 60 MX 0 best.test'];
  for (let n = 0; n < 100; n++) records.push(`best.test 60 A 192.0.2.${n}`);
  for (let n = 0; n < 1000; n++) records.push(`example.test 60 MX 10 mx${n}.test`);
  const { resolver, zone } = scene(records.join('\n'));
  const answer = await resolver.resolve('example.test');
  assert.ok(answer.kind === 'hosts');
  assert.equal(answer.hosts.length, 32);
  assert.equal(answer.hosts[0]?.addresses.length, 16);
  assert.equal(zone.questions.length, 1 + 2 * 32);
});

test('hosts with names that DNS cannot carry are left out', async () => {
  const { resolver } = scene(
    `
    example.test 60 MX 10 b\u00fccher.test
    example.test 60 MX 20 mx.test
    mx.test      60 A  192.0.2.1
    bad.test     60 MX 10 bad|name.test
    alias.test   60 CNAME bad|name.test
  `,
    { followCnames: false },
  );
  assert.deepEqual(brief(await resolver.resolve('example.test')), ['20 mx.test 192.0.2.1']);
  assert.equal(brief(await resolver.resolve('bad.test')), 'no-hosts');
  assert.equal(brief(await resolver.resolve('alias.test')), 'no-such-domain');
});

test('who gives up does not end the question for the others', async () => {
  const { resolver, zone } = scene('example.test 60 A 192.0.2.1');
  zone.setFault('example.test', { delayMs: 30 });
  const controller = new AbortController();
  const impatient = resolver.resolve('example.test', { signal: controller.signal });
  const patient = resolver.resolve('example.test');
  controller.abort(new Error('enough'));
  await assert.rejects(impatient, /enough/);
  assert.deepEqual(brief(await patient), ['0 example.test 192.0.2.1']);
  assert.equal(zone.count('MX', 'example.test'), 1);
  await assert.rejects(resolver.resolve('example.test', { signal: AbortSignal.abort() }));
});

test('an error of the DNS port reaches who asks, and is not kept', async () => {
  let broken = true;
  const working = zoneDns(new DnsZone('example.test 60 A 192.0.2.1'));
  const dns: Dns = {
    query: async (...question) => {
      if (broken) throw new Error('broken');
      return working.query(...question);
    },
  };
  const resolver = new DnsMxResolver({ dns, clock: { now: () => 0 } });
  await assert.rejects(resolver.resolve('example.test'), /broken/);
  broken = false;
  assert.deepEqual(brief(await resolver.resolve('example.test')), ['0 example.test 192.0.2.1']);
});
