import assert from 'node:assert/strict';
import { createSocket, type RemoteInfo } from 'node:dgram';
import { once } from 'node:events';
import { test, type TestContext } from 'node:test';
import packets from 'dns-packet';
import type { DnsReply } from '@staffetta/core';
import { DnsZone, seededRandom, startDnsZone, type DnsZoneServer } from '@staffetta/testing';
import { DnsClient, type DnsClientOptions } from './dns-client.ts';
import type { DnsServer } from './dns-server.ts';

const ZONE = 'mx.test 60 A 192.0.2.1';
const TIMES = { attemptTimeoutMs: 100, totalTimeoutMs: 1000 };

async function serve(t: TestContext, zone: DnsZone): Promise<DnsZoneServer> {
  const server = await startDnsZone(zone);
  t.after(() => server.stop());
  return server;
}

function client(
  t: TestContext,
  servers: DnsServer[],
  more: Partial<DnsClientOptions> = {},
): DnsClient {
  const dns = new DnsClient({ servers, ...TIMES, ...more });
  t.after(() => dns.close());
  return dns;
}

type Send = (message: Buffer) => void;

/** A server that says what the test wants, octet by octet. */
async function serveRaw(
  t: TestContext,
  onQuery: (query: Buffer, send: Send, peer: RemoteInfo) => void,
): Promise<DnsServer> {
  const socket = createSocket('udp4');
  socket.on('message', (query, peer) => {
    onQuery(query, (message) => socket.send(message, peer.port, peer.address), peer);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  t.after(() => socket.close());
  return { host: '127.0.0.1', port: socket.address().port };
}

function answerTo(query: Buffer, address = '192.0.2.1', flags = 0): Buffer {
  const { id = 0, questions = [] } = packets.decode(query);
  const name = questions[0]?.name ?? '.';
  const answers = [{ type: 'A' as const, name, ttl: 60, data: address }];
  return packets.encode({ type: 'response', id, flags, questions, answers });
}

function addressOf(reply: DnsReply): string | undefined {
  const record = reply.kind === 'answer' ? reply.records[0] : undefined;
  return record?.type === 'A' ? record.address : undefined;
}

test('wrong ids, wrong questions and other senders are not believed', async (t) => {
  const stranger = createSocket('udp4');
  t.after(() => stranger.close());
  const server = await serveRaw(t, (query, send, peer) => {
    const wrongId = answerTo(query, '192.0.2.66');
    wrongId.writeUInt16BE((query.readUInt16BE(0) + 1) & 0xffff, 0);
    const wrongName = answerTo(query, '192.0.2.66');
    wrongName.write('nx', 13);
    send(wrongId);
    send(wrongName);
    send(Buffer.alloc(0));
    send(query);
    stranger.send(answerTo(query, '192.0.2.66'), peer.port, peer.address, () => {
      send(answerTo(query));
    });
  });
  assert.equal(addressOf(await client(t, [server]).query('mx.test', 'A')), '192.0.2.1');
});

test('a silent server is followed by the next, and may still answer late', async (t) => {
  const zone = new DnsZone(ZONE);
  const good = await serve(t, zone);
  const silent = await serveRaw(t, () => {});
  const dns = client(t, [silent, good]);
  assert.equal(addressOf(await dns.query('mx.test', 'A')), '192.0.2.1');

  const late = await serveRaw(t, (query, send) => void setTimeout(send, 150, answerTo(query)));
  const other = client(t, [late, silent]);
  assert.equal(addressOf(await other.query('mx.test', 'A')), '192.0.2.1');
});

test('a lost question is asked again', async (t) => {
  let asked = 0;
  const server = await serveRaw(t, (query, send) => {
    if (++asked === 2) send(answerTo(query));
  });
  assert.equal(addressOf(await client(t, [server]).query('mx.test', 'A')), '192.0.2.1');
});

test('a server that fails or is not there is left at once for the next', async (t) => {
  const zone = new DnsZone(ZONE);
  const good = await serve(t, zone);
  const broken = new DnsZone(ZONE);
  broken.setFault('*', 'servfail');
  const failing = await serve(t, broken);
  const gone = await startDnsZone(new DnsZone(ZONE));
  await gone.stop();
  const dns = client(t, [gone, failing, good], {
    attemptTimeoutMs: 60_000,
    totalTimeoutMs: 60_000,
  });
  for (let round = 0; round < 10; round++) {
    assert.equal(addressOf(await dns.query('mx.test', 'A')), '192.0.2.1');
  }
});

test('a server that has been silent is asked after the others', async (t) => {
  const zone = new DnsZone(ZONE);
  const good = await serve(t, zone);
  let asked = 0;
  const silent = await serveRaw(t, () => void asked++);
  const dns = client(t, [silent, good], { attemptTimeoutMs: 20 });
  for (let round = 0; round < 10; round++) await dns.query('mx.test', 'A');
  assert.equal(asked, 3);
});

test('all failing is temporary, with the last reason', async (t) => {
  const zone = new DnsZone(ZONE);
  zone.setFault('*', 'refused');
  const dns = client(t, [await serve(t, zone)]);
  assert.deepEqual(await dns.query('mx.test', 'A'), { kind: 'temporary', reason: 'REFUSED' });
});

test('silence is temporary after the whole time', async (t) => {
  const server = await serveRaw(t, () => {});
  const dns = client(t, [server], { attemptTimeoutMs: 50, totalTimeoutMs: 200 });
  const startedMs = performance.now();
  assert.equal((await dns.query('mx.test', 'A')).kind, 'temporary');
  const tookMs = performance.now() - startedMs;
  assert.ok(tookMs >= 190 && tookMs < 1000, `${tookMs} ms`);
});

test('a server without EDNS is asked without it', async (t) => {
  const server = await serveRaw(t, (query, send) => {
    if (query.readUInt16BE(10) === 0) return send(answerTo(query));
    const formerr = Buffer.alloc(12);
    formerr.writeUInt16BE(query.readUInt16BE(0), 0);
    formerr.writeUInt16BE(0x8001, 2);
    send(formerr);
  });
  const dns = client(t, [server], { attemptTimeoutMs: 60_000 });
  assert.equal(addressOf(await dns.query('mx.test', 'A')), '192.0.2.1');
});

test('what is truncated is asked by TCP, and a failing TCP leads to the next server', async (t) => {
  const zone = new DnsZone(ZONE);
  zone.setFault('mx.test', 'truncate');
  const good = await serve(t, zone);
  const dns = client(t, [good]);
  assert.equal(addressOf(await dns.query('mx.test', 'A')), '192.0.2.1');
  assert.equal(good.tcpQuestions(), 1);

  const udpOnly = await serveRaw(t, (query, send) => {
    send(answerTo(query, '192.0.2.66', packets.TRUNCATED_RESPONSE));
  });
  const both = client(t, [udpOnly, good]);
  assert.equal(addressOf(await both.query('mx.test', 'A')), '192.0.2.1');
});

test('a TCP server that keeps silent or sends half does not hold the question for ever', async (t) => {
  const zone = new DnsZone(ZONE);
  zone.setFault('mx.test', 'truncate');
  const server = await serve(t, zone);
  const dns = client(t, [server], { totalTimeoutMs: 300 });
  const first = dns.query('mx.test', 'A');
  zone.setFault('mx.test', 'silent');
  assert.equal((await first).kind, 'temporary');
});

test('questions beyond the burst wait for their turn, and beyond the queue are temporary', async (t) => {
  const waiting: (() => void)[] = [];
  const server = await serveRaw(t, (query, send) => {
    waiting.push(() => send(answerTo(query)));
    if (waiting.length === 2) for (const answer of waiting.splice(0)) answer();
  });
  const limits = { burstMax: 2, inFlightMax: 2, waitingMax: 4, attemptTimeoutMs: 10_000 };
  const dns = client(t, [server], { ...limits, totalTimeoutMs: 10_000 });
  const asked = Array.from({ length: 8 }, (_, n) => dns.query(`n${n}.test`, 'A'));
  assert.deepEqual(dns.stats(), { inFlight: 2, waiting: 4 });
  const kinds = (await Promise.all(asked)).map(({ kind }) => kind);
  assert.deepEqual(kinds.slice(0, 6), Array(6).fill('answer'));
  assert.deepEqual(kinds.slice(6), Array(2).fill('temporary'));
  assert.deepEqual(dns.stats(), { inFlight: 0, waiting: 0 });
});

test('silent names keep others waiting only as long as they are fresh', async (t) => {
  const zone = new DnsZone(ZONE);
  for (let n = 0; n < 4; n++) zone.setFault(`silent${n}.test`, 'silent');
  const dns = client(t, [await serve(t, zone)], {
    burstMax: 4,
    attemptTimeoutMs: 5000,
    totalTimeoutMs: 5000,
  });
  const silent = Array.from({ length: 4 }, (_, n) => dns.query(`silent${n}.test`, 'A'));
  const startedMs = performance.now();
  assert.equal(addressOf(await dns.query('mx.test', 'A')), '192.0.2.1');
  assert.ok(performance.now() - startedMs < 2000);
  dns.close();
  assert.ok((await Promise.all(silent)).every(({ kind }) => kind === 'temporary'));
});

test('an abort leaves nothing behind, waiting or under way', async (t) => {
  const server = await serveRaw(t, () => {});
  const dns = client(t, [server], { burstMax: 1 });
  const controller = new AbortController();
  const { signal } = controller;
  const asked = ['a.test', 'b.test'].map((name) => dns.query(name, 'A', { signal }));
  controller.abort(new Error('enough'));
  for (const question of asked) await assert.rejects(question, /enough/);
  assert.deepEqual(dns.stats(), { inFlight: 0, waiting: 0 });
});

test('close answers what is open, and what comes later', async (t) => {
  const server = await serveRaw(t, () => {});
  const dns = client(t, [server]);
  const open = dns.query('mx.test', 'A');
  dns.close();
  assert.equal((await open).kind, 'temporary');
  assert.equal((await dns.query('mx.test', 'A')).kind, 'temporary');
});

test('no servers is temporary, and a name that DNS cannot carry is an error of the caller', async (t) => {
  const dns = client(t, []);
  assert.equal((await dns.query('mx.test', 'A')).kind, 'temporary');
  await assert.rejects(dns.query('Not A Name', 'A'), TypeError);
});

test('a server that answers rubbish brings down nothing', async (t) => {
  const seed = Number(process.env['FUZZ_SEED'] ?? Date.now() % 2 ** 32);
  console.log(`fuzz seed ${seed}`);
  const random = seededRandom(seed);
  const below = (limit: number): number => Math.floor(random.next() * limit);
  const server = await serveRaw(t, (query, send) => {
    for (let n = 0; n < 3; n++) {
      const message = answerTo(query);
      const cut = message.subarray(0, 2 + below(message.length - 1));
      for (let hits = below(3); hits > 0; hits--) cut[2 + below(cut.length)] = below(256);
      send(cut);
    }
    send(answerTo(query));
  });
  const dns = client(t, [server], { attemptTimeoutMs: 200, totalTimeoutMs: 400 });
  const names = Array.from({ length: 2000 }, (_, n) => `n${n}.test`);
  const replies = await Promise.all(names.map((name) => dns.query(name, 'A')));
  assert.equal(replies.length, names.length);
});

test('ids and ports do not repeat', async (t) => {
  const ids = new Set<number>();
  const ports = new Set<number>();
  const server = await serveRaw(t, (query, send, peer) => {
    ids.add(query.readUInt16BE(0));
    ports.add(peer.port);
    send(answerTo(query));
  });
  const dns = client(t, [server]);
  for (let round = 0; round < 50; round++) {
    await Promise.all(Array.from({ length: 100 }, (_, n) => dns.query(`n${n}.test`, 'A')));
  }
  // Of 5,000 random ids some 190 are expected to be equal to an earlier one.
  assert.ok(ids.size > 4500, `${ids.size} ids`);
  assert.ok(ports.size >= 8, `${ports.size} ports`);
});
