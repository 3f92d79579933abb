import assert from 'node:assert/strict';
import { test } from 'node:test';
import packets, { type Packet } from 'dns-packet';
import { seededRandom } from '@staffetta/testing';
import { encodeQuery, judge, type Verdict } from './message.ts';

const QUERY = encodeQuery('example.test', 'MX', true);
const FLAGS = packets.RECURSION_DESIRED | packets.RECURSION_AVAILABLE;

function message(rcode: number, extra: Packet = {}, name = 'example.test'): Buffer {
  const questions: Packet['questions'] = [{ type: 'MX', name, class: 'IN' }];
  return packets.encode({ type: 'response', id: 0, flags: FLAGS | rcode, questions, ...extra });
}

function mx(name: string, ttl: number, exchange: string): NonNullable<Packet['answers']>[number] {
  return { type: 'MX', name, ttl, data: { preference: 10, exchange } };
}

function soa(ttl: number, minimum: number): NonNullable<Packet['answers']>[number] {
  return { type: 'SOA', name: 'test', ttl, data: { mname: 'ns.test', rname: 'a.test', minimum } };
}

function reason(verdict: Verdict): string {
  return verdict.kind === 'failed' ? verdict.reason : verdict.kind;
}

test('names come in lower case, and the question may be repeated in any case', () => {
  const reply = judge(
    message(0, { answers: [mx('EXAMPLE.test', 60, 'MX.Example.TEST')] }, 'ExAmple.tESt'),
    QUERY,
  );
  const record = {
    type: 'MX',
    name: 'example.test',
    ttlSec: 60,
    preference: 10,
    exchange: 'mx.example.test',
  };
  assert.deepEqual(reply, {
    kind: 'reply',
    reply: { kind: 'answer', records: [record], negativeTtlSec: undefined },
  });
});

test('the negative TTL is the lesser of the TTL and the minimum of the SOA', () => {
  for (const [ttl, minimum] of [
    [30, 60],
    [60, 30],
  ] as const) {
    const reply = judge(message(3, { authorities: [soa(ttl, minimum)] }), QUERY);
    assert.deepEqual(reply, {
      kind: 'reply',
      reply: { kind: 'no-such-domain', negativeTtlSec: 30 },
    });
  }
});

test('a TTL with the highest bit set is 0', () => {
  const reply = judge(message(0, { answers: [mx('example.test', 2 ** 31, 'mx.test')] }), QUERY);
  assert.equal(
    reply.kind === 'reply' && reply.reply.kind === 'answer' && reply.reply.records[0]?.ttlSec,
    0,
  );
});

test('rcodes, referrals and truncation are told apart', () => {
  const referral: Packet = { authorities: [{ type: 'NS', name: 'test', data: 'ns.test' }] };
  assert.equal(reason(judge(message(2), QUERY)), 'SERVFAIL');
  assert.equal(reason(judge(message(5), QUERY)), 'REFUSED');
  assert.equal(reason(judge(message(9), QUERY)), 'RCODE 9');
  assert.equal(reason(judge(message(1), QUERY)), 'no-edns');
  assert.equal(reason(judge(message(1), encodeQuery('example.test', 'MX', false))), 'FORMERR');
  assert.equal(reason(judge(message(0, referral), QUERY)), 'referral instead of an answer');
  assert.equal(reason(judge(message(packets.TRUNCATED_RESPONSE), QUERY)), 'truncated');
});

test('what does not repeat the question is foreign, unless it says that it could not read it', () => {
  assert.equal(judge(message(0, {}, 'example.org'), QUERY).kind, 'foreign');
  assert.equal(judge(message(0, { questions: [] }), QUERY).kind, 'foreign');
  assert.equal(judge(QUERY, QUERY).kind, 'foreign');
  assert.equal(judge(message(0).subarray(0, 11), QUERY).kind, 'foreign');
  assert.equal(judge(message(3, { questions: [] }), QUERY).kind, 'foreign');
  assert.equal(judge(message(5, { questions: [] }), QUERY).kind, 'failed');
  assert.equal(judge(message(1, { questions: [] }), QUERY).kind, 'no-edns');
});

test('other classes and types are left out', () => {
  const answers: Packet['answers'] = [
    { ...mx('example.test', 60, 'mx.test'), class: 'CH' } as never,
    { type: 'TXT', name: 'example.test', ttl: 60, data: 'hello' },
  ];
  const reply = judge(message(0, { answers }), QUERY);
  assert.deepEqual(
    reply.kind === 'reply' && reply.reply.kind === 'answer' && reply.reply.records,
    [],
  );
});

test('compression loops, forward pointers and false counts are malformed', () => {
  const full = message(0, { answers: [mx('example.test', 60, 'mx.test')] });
  const questionEnd = QUERY.length - 11; // without the OPT record
  const pointing = (offset: number): Buffer => {
    const looped = Buffer.concat([full.subarray(0, questionEnd), Buffer.alloc(32)]);
    looped.writeUInt16BE(0xc000 | offset, questionEnd);
    return looped;
  };
  assert.equal(reason(judge(pointing(questionEnd), QUERY)), 'malformed answer');
  assert.equal(reason(judge(pointing(questionEnd + 2), QUERY)), 'malformed answer');
  const counts = Buffer.from(message(0));
  for (const at of [6, 8, 10]) counts.writeUInt16BE(0xffff, at);
  assert.equal(reason(judge(counts, QUERY)), 'malformed answer');
});

test('whatever the octets, a verdict is given', () => {
  const seed = Number(process.env['FUZZ_SEED'] ?? Date.now() % 2 ** 32);
  console.log(`fuzz seed ${seed}`);
  const random = seededRandom(seed);
  const below = (limit: number): number => Math.floor(random.next() * limit);
  const whole = message(0, {
    answers: [
      { type: 'CNAME', name: 'example.test', ttl: 60, data: 'other.test' },
      mx('other.test', 60, 'mx.test'),
      { type: 'AAAA', name: 'mx.test', ttl: 60, data: '2001:db8::1' },
      { type: 'A', name: 'mx.test', ttl: 60, data: '192.0.2.1' },
    ],
    authorities: [soa(60, 60)],
  });
  const kinds = new Set<string>();
  for (let round = 0; round < 20_000; round++) {
    let octets = Buffer.from(whole);
    if (round % 4 === 0) octets = Buffer.from(Array.from({ length: below(300) }, () => below(256)));
    if (round % 4 === 1) octets = octets.subarray(0, below(octets.length));
    // Half of the hits fall behind the question, so that the records are reached.
    const from = round % 8 < 4 ? 0 : QUERY.length - 11;
    for (let hits = below(4); hits >= 0 && octets.length > from; hits--) {
      octets[from + below(octets.length - from)] = round % 3 === 0 ? 0xc0 : below(256);
    }
    // Chance alone hits the TC bit of an otherwise whole header too seldom.
    if (round % 16 === 2 && octets.length > 2) octets[2]! |= 0x02;
    kinds.add(judge(octets, QUERY).kind);
  }
  for (const kind of ['reply', 'failed', 'foreign', 'truncated']) assert.ok(kinds.has(kind), kind);
});
