import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Dns } from '@staffetta/core';
import { DnsZone, type DnsZoneOptions } from './dns-zone.ts';

const ZONE = `
  example.test        300 MX    10 mx1.example.test
  example.test        200 MX    20 mx2.example.test
  mx1.example.test    300 A     192.0.2.1
  mx1.example.test    300 A     192.0.2.2
  mx1.example.test    300 AAAA  2001:db8::1
  alias.test          30  CNAME example.test
  dangling.test       30  CNAME nothing.test
  null.test           60  MX    0 .
  deep.below.test     60  A     192.0.2.3
`;

/** What every adapter of the DNS port promises. `make` gives one that asks the zone, and is called for each test. */
export function dnsContract(
  label: string,
  make: (zone: DnsZone) => Promise<{ readonly dns: Dns; stop(): Promise<void> }>,
): void {
  const check = (
    title: string,
    body: (dns: Dns, zone: DnsZone) => Promise<void>,
    options?: DnsZoneOptions,
  ): void => {
    void test(`${label}: ${title}`, async () => {
      const zone = new DnsZone(ZONE, options);
      const made = await make(zone);
      try {
        await body(made.dns, zone);
      } finally {
        await made.stop();
      }
    });
  };

  check('all records of a set, with TTL and preference', async (dns) => {
    const reply = await dns.query('example.test', 'MX');
    assert.deepEqual(reply, {
      kind: 'answer',
      negativeTtlSec: undefined,
      records: [
        {
          type: 'MX',
          name: 'example.test',
          ttlSec: 300,
          preference: 10,
          exchange: 'mx1.example.test',
        },
        {
          type: 'MX',
          name: 'example.test',
          ttlSec: 200,
          preference: 20,
          exchange: 'mx2.example.test',
        },
      ],
    });
  });

  check('addresses of both families', async (dns) => {
    const v4 = await dns.query('mx1.example.test', 'A');
    const v6 = await dns.query('mx1.example.test', 'AAAA');
    assert.deepEqual(addresses(v4), ['192.0.2.1', '192.0.2.2']);
    assert.deepEqual(addresses(v6), ['2001:db8::1']);
  });

  check('CNAMEs stand before what they lead to', async (dns) => {
    const reply = await dns.query('alias.test', 'MX');
    assert.equal(reply.kind, 'answer');
    const [first, ...rest] = reply.kind === 'answer' ? reply.records : [];
    assert.deepEqual(first, {
      type: 'CNAME',
      name: 'alias.test',
      ttlSec: 30,
      target: 'example.test',
    });
    assert.equal(rest.length, 2);
  });

  check('a CNAME to nothing is no such domain', async (dns) => {
    const reply = await dns.query('dangling.test', 'MX');
    assert.deepEqual(reply, { kind: 'no-such-domain', negativeTtlSec: 60 });
  });

  check('no such record and no such domain differ', async (dns) => {
    const none = { kind: 'answer', records: [], negativeTtlSec: 60 };
    assert.deepEqual(await dns.query('mx1.example.test', 'MX'), none);
    assert.deepEqual(await dns.query('below.test', 'A'), none);
    const absent = { kind: 'no-such-domain', negativeTtlSec: 60 };
    assert.deepEqual(await dns.query('absent.test', 'A'), absent);
  });

  check('a negative answer without SOA has no TTL', withoutSoa, { negativeTtlSec: 0 });

  check('the root as exchange is a dot', async (dns) => {
    const reply = await dns.query('null.test', 'MX');
    const record = reply.kind === 'answer' ? reply.records[0] : undefined;
    assert.equal(record?.type === 'MX' ? record.exchange : undefined, '.');
  });

  for (const fault of ['servfail', 'refused', 'garbage', 'silent'] as const) {
    check(`${fault} is temporary`, async (dns, zone) => {
      zone.setFault('example.test', fault);
      assert.equal((await dns.query('example.test', 'MX')).kind, 'temporary');
      zone.setFault('example.test', undefined);
      assert.equal((await dns.query('example.test', 'MX')).kind, 'answer');
    });
  }

  check('an answer that does not fit comes all the same', async (dns, zone) => {
    zone.setFault('mx1.example.test', 'truncate');
    assert.equal(addresses(await dns.query('mx1.example.test', 'A')).length, 2);
    for (let n = 0; n < 200; n++) zone.add(`large.test 60 A 192.0.2.${n}`);
    assert.equal(addresses(await dns.query('large.test', 'A')).length, 200);
  });

  check('an aborted question rejects with the reason', async (dns, zone) => {
    zone.setFault('example.test', { delayMs: 10_000 });
    const reason = new Error('no longer wanted');
    const aborted = dns.query('example.test', 'MX', { signal: AbortSignal.abort(reason) });
    await assert.rejects(aborted, reason);
    const controller = new AbortController();
    const asked = dns.query('example.test', 'MX', { signal: controller.signal });
    controller.abort(reason);
    await assert.rejects(asked, reason);
  });
}

async function withoutSoa(dns: Dns): Promise<void> {
  assert.deepEqual(await dns.query('absent.test', 'A'), {
    kind: 'no-such-domain',
    negativeTtlSec: undefined,
  });
}

function addresses(reply: Awaited<ReturnType<Dns['query']>>): string[] {
  if (reply.kind !== 'answer') return [];
  return reply.records.flatMap((record) => ('address' in record ? [record.address] : [])).sort();
}
