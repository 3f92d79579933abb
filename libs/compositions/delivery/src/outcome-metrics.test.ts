import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LaneSettlement, RecipientEvent, SmtpReply } from '@staffetta/core';
import { Metrics, createLogger } from '@staffetta/platform';
import { outcomeObserver } from './outcome-metrics.ts';
import { PROVIDER_NAMES, providerOf } from './provider.ts';
import { reasonClass } from './reason-class.ts';

const DOMAINS = 100_000;
const TENANTS = 20_000;
const SERIES_MAX = 1_000;
const MESSAGE_ID = '0190a0a0a0a07000800000000000000a';

function reply(code: number, enhanced = '', text = 'no'): SmtpReply {
  const base = { code, text, host: 'mx.example', command: 'RCPT TO' };
  return enhanced === '' ? base : { ...base, enhanced };
}

function event(change: Partial<RecipientEvent>): RecipientEvent {
  const base = { messageId: MESSAGE_ID, tenantId: 'default', recipient: 0, atMs: 0 };
  return { ...base, type: 'deferred', ...change };
}

function settlement(events: readonly RecipientEvent[]): LaneSettlement {
  const position = { position: 1, settled: Buffer.alloc(0) };
  return {
    lease: { topic: 'outbound', lane: 0, epoch: 1, owner: 'a' },
    ...{
      normal: position,
      bulk: position,
      inserts: [],
      wire: [],
      deletes: [],
      updates: [],
      records: [],
    },
    events,
  };
}

test('every reason has a class, by the enhanced code first', () => {
  const vectors: [Partial<RecipientEvent>, string][] = [
    [{ reply: reply(550, '5.1.1') }, 'address'],
    [{ reply: reply(452, '4.2.2') }, 'mailbox-full'],
    [{ reply: reply(450, '4.2.0', 'Greylisted, come back') }, 'greylisting'],
    [{ reply: reply(421, '4.7.28', 'unusual rate of mail') }, 'rate'],
    [{ reply: reply(550, '5.7.1', 'blocked') }, 'policy'],
    [{ reply: reply(554) }, 'policy'],
    [{ reply: reply(421) }, 'system'],
    [{ reply: reply(599) }, 'other'],
    [{ reason: 'DNS: SERVFAIL' }, 'dns'],
    [{ reason: 'No mail host of the domain has an address' }, 'dns'],
    [{ reason: 'mx.example [192.0.2.1]: connect ECONNREFUSED' }, 'connection'],
    [{ reason: 'mx.example [192.0.2.1]: TLS: self-signed certificate' }, 'tls'],
    [{ reason: 'cut off', uncertain: true }, 'uncertain'],
  ];
  for (const [change, expected] of vectors) assert.equal(reasonClass(event(change)), expected);
});

test('sites of large providers are known by their hosts, and no other by likeness', () => {
  assert.equal(providerOf('(aspmx>alt1.aspmx|alt2.aspmx).l.google.com'), 'google');
  assert.equal(providerOf('example-com.mail.protection.outlook.com'), 'microsoft');
  assert.equal(providerOf('(mta5|mta6|mta7).am0.yahoodns.net'), 'yahoo');
  assert.equal(providerOf('mx.notgoogle.com'), 'other');
  assert.equal(providerOf('google.com.example.org'), 'other');
});

test('100,000 domains and 20,000 tenants make no more series than one does', async () => {
  const metrics = new Metrics();
  const { flushed } = outcomeObserver(metrics, createLogger({ level: 'silent', instance: 'a' }));
  const types = ['delivered', 'deferred', 'bounced', 'expired'] as const;
  const events = Array.from({ length: DOMAINS }, (_, n) =>
    event({
      type: types[n % types.length]!,
      tenantId: `tenant-${n % TENANTS}`,
      site: n % 10 === 0 ? `d${n}.mail.protection.outlook.com` : `mx.d${n}.example`,
      reply: reply(400 + (n % 200), `4.${n % 9}.${n % 30}`, `d${n}.example says no`),
    }),
  );
  flushed([settlement(events)], 12);
  const { text } = await metrics.render();
  const series = text.split('\n').filter((line) => line.startsWith('staffetta_delivery'));
  assert.ok(series.length < SERIES_MAX, `${series.length} series`);
  assert.doesNotMatch(text, /example|tenant/);
  const providers = new Set([...text.matchAll(/provider="([^"]+)"/g)].map(([, name]) => name));
  for (const name of providers) assert.ok(PROVIDER_NAMES.includes(name!), name);
  const attempts = [...text.matchAll(/^staffetta_delivery_attempts_total\{.*\} (\d+)$/gm)];
  assert.equal(
    attempts.reduce((sum, [, count]) => sum + Number(count), 0),
    DOMAINS,
  );
});

test('each outcome is a line at debug, with the id of the message and without an address', () => {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const logger = createLogger({ level: 'debug', instance: 'a', destination });
  const outcome = event({
    type: 'bounced',
    address: 'who@example.org',
    site: 'mx.example.org',
    reply: reply(550, '5.1.1', 'who@example.org is not here'),
  });
  outcomeObserver(new Metrics(), logger).flushed([settlement([outcome])], 1);
  const [line] = lines.map((one) => JSON.parse(one) as Record<string, unknown>);
  assert.equal(line?.['messageId'], MESSAGE_ID);
  assert.deepEqual([line?.['msg'], line?.['code'], line?.['enhanced']], ['bounced', 550, '5.1.1']);
  assert.doesNotMatch(lines.join(''), /who@/);
});
