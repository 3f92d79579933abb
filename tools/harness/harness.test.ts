/** The harness judges the product, so it is judged first: each piece against the servers nobody here wrote. */
import assert from 'node:assert/strict';
import { Resolver } from 'node:dns/promises';
import { test } from 'node:test';
import { DnsServer, site } from './dns-server.ts';
import { freePort } from './free-ports.ts';
import { TrackedLoad } from './load.ts';
import { Postfix } from './postfix.ts';
import { cpuSeconds, processTree, pssBytes } from './processes.ts';
import { RecordingSink } from './recording-sink.ts';
import { idOf } from './sink-session.ts';
import { SmtpClient } from './smtp-client.ts';
import { SmtpSink } from './smtp-sink.ts';
import { smtpSource } from './smtp-source.ts';
import { quantile } from './statistics.ts';
import { waitFor } from './wait.ts';

const ARRIVE_TIMEOUT_MS = 30_000;

test('the DNS server knows its zone and nothing else', async () => {
  const dns = await DnsServer.start(site('example.test', '127.0.0.5'));
  try {
    const resolver = new Resolver({ timeout: 2_000, tries: 1 });
    resolver.setServers([dns.address]);
    assert.deepEqual(await resolver.resolve4('mx.example.test'), ['127.0.0.5']);
    const [mx] = await resolver.resolveMx('example.test');
    assert.equal(mx?.exchange, 'mx.example.test');
    await assert.rejects(resolver.resolveMx('other.test'), { code: 'ENOTFOUND' });
    dns.freeze();
    await assert.rejects(resolver.resolveMx('example.test'), { code: 'ETIMEOUT' });
  } finally {
    await dns.stop();
  }
});

test('what smtp-sink keeps is what the client sent', async () => {
  const sink = await SmtpSink.start({ port: await freePort(), keep: true });
  try {
    const content = Buffer.from('Subject: \xe9\r\n\r\n.dot\r\n..\r\n\r\n\r\n', 'latin1');
    const client = await SmtpClient.open({ port: sink.port });
    const reply = await client.send('a@load.test', ['b@example.test'], content);
    await client.quit();
    assert.equal(reply.code, 250);
    const [message] = sink.messages();
    assert.equal(message?.rcptArgs[0], '<b@example.test>');
    assert.deepEqual(message?.content, content);
  } finally {
    await sink.stop();
  }
});

test('Postfix relays what smtp-source sends, and its CPU is seen', async () => {
  const sink = await SmtpSink.start({ port: await freePort() });
  const domain = 'example.test';
  const postfix = await Postfix.start({ domain, nextHopHost: '127.0.0.1', nextHopPort: sink.port });
  try {
    const load = { messages: 50, sessions: 5, sizeBytes: 1_000, from: 'a@load.test' };
    const before = cpuSeconds(processTree(postfix.masterPid));
    await smtpSource({ ...load, port: postfix.port, to: `b@${domain}`, keepConnections: true });
    const isDone = (): boolean => sink.count() === 50 && postfix.queueLength() === 0;
    await waitFor('all has arrived', ARRIVE_TIMEOUT_MS, isDone);
    assert.ok(cpuSeconds(processTree(postfix.masterPid)) > before);
    assert.ok(pssBytes(processTree(postfix.masterPid)) > 1e6);
  } finally {
    await postfix.stop();
    await sink.stop();
  }
});

test('the load knows what was accepted, and the sink what came', async () => {
  const sink = await RecordingSink.start({ port: await freePort() });
  try {
    const load = new TrackedLoad({
      target: { port: sink.port },
      sessions: 3,
      sizeBytes: 500,
      from: 'a@load.test',
      to: (number) => `b${number}@example.test`,
      messagesMax: 30,
    });
    await load.finished();
    assert.equal(load.accepted.size, 30);
    assert.deepEqual([...sink.arrivals.keys()].sort(), [...load.accepted.keys()].sort());
  } finally {
    await sink.stop();
  }
});

test('quantiles', () => {
  assert.equal(quantile([4, 1, 3, 2], 0.5), 2.5);
  assert.equal(quantile([5, 1, 3], 0.5), 3);
  assert.equal(
    quantile(
      Array.from({ length: 100 }, (_, at) => at + 1),
      0.99,
    ),
    99,
  );
});

test('a load counts connections that nobody takes, and a sink tells of each message', async () => {
  const port = await freePort();
  const ids: string[] = [];
  const load = new TrackedLoad({
    ...{ target: { port }, sessions: 2, sizeBytes: 500, messagesMax: 10 },
    ...{ from: 'a@load.test', to: () => 'b@example.test' },
  });
  await waitFor('a connection is refused', ARRIVE_TIMEOUT_MS, () => load.unopened > 0);
  const sink = await RecordingSink.start({
    port,
    onMessage: (message) => void ids.push(idOf(message) ?? ''),
  });
  try {
    await load.finished();
    assert.equal(load.broken, 0);
    assert.deepEqual(ids.toSorted(), [...load.accepted.keys()].toSorted());
    assert.ok(ids.length >= 10);
  } finally {
    await sink.stop();
  }
});
