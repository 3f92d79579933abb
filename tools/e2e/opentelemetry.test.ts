/** Traces of OpenTelemetry: one a message, in one process and across processes; off; without a collector. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Cluster, SERVICES } from '../harness/cluster.ts';
import { DnsServer, site } from '../harness/dns-server.ts';
import { freePort } from '../harness/free-ports.ts';
import type { Relay } from '../harness/relay.ts';
import { RecordingSink } from '../harness/recording-sink.ts';
import { SmtpClient } from '../harness/smtp-client.ts';
import { Staffetta } from '../harness/staffetta.ts';
import { TraceCollector } from '../harness/trace-collector.ts';
import type { CollectedSpan } from '../harness/trace-collector.ts';
import { waitFor } from '../harness/wait.ts';

const SOON_MS = 30_000;
const BOB = { user: 'bob@local.test', password: 'bob-secret-1' };
const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const SPAN_ID = 'b7ad6b7169203331';
/** Stops a process that would load what makes traces. */
const NO_TRACES = `data:text/javascript,${encodeURIComponent(
  `import { registerHooks } from 'node:module';
  registerHooks({ resolve(name, context, next) {
    if (name.includes('otlp-traces')) throw new Error('traces are loaded');
    return next(name, context);
  } });`,
)}`;

const started: { stop(): unknown }[] = [];
let sink: RecordingSink;
let env: Readonly<Record<string, string>>;

before(async () => {
  sink = keep(await RecordingSink.start({ port: await freePort() }));
  // Nothing listens at away.test.
  const zone = [...site('far.test', '127.0.0.1'), ...site('away.test', '127.0.0.2')];
  const dns = keep(await DnsServer.start(zone));
  env = {
    DELIVERY_REMOTE_PORT: String(sink.port),
    DELIVERY_RETRY_MIN_MS: '500',
    DNS_SERVERS: dns.address,
    SMTP_RELAY_NETWORKS: '127.0.0.0/8',
  };
});

after(async () => {
  for (const one of started.toReversed()) await one.stop();
});

test('a message by SMTP is one trace, from its MAIL to each attempt', async () => {
  const { relay, collector } = await traced({ TELEMETRY_TRACES_SAMPLED: '1' });
  const messageId = await send(relay, [BOB.user, 'a@far.test', 'b@away.test'], 'smtp');
  const isWhole = (): boolean =>
    count(collector.of(messageId), 'store') > 0 && count(collector.of(messageId), 'deliver') > 2;
  await waitFor('the trace is whole', SOON_MS, isWhole);
  const spans = collector.of(messageId);
  const [root, route] = oneTree(spans);
  assert.equal(root.parentSpanId, '');
  assert.equal(root.attributes['mail.listener'], 'mx');
  assert.equal(root.attributes['messaging.message.id'], messageId);
  const [store] = spans.filter(({ name }) => name === 'store');
  assert.equal(store?.isError, false);
  const attempts = spans.filter(({ name }) => name === 'deliver');
  const [there] = attempts.filter(({ attributes }) => attributes['mail.domain'] === 'far.test');
  assert.equal(there?.isError, false);
  const said = ['server.address', 'server.port', 'network.peer.address', 'mail.reply.code'];
  assert.deepEqual(
    said.map((name) => there?.attributes[name]),
    ['mx.far.test', String(sink.port), '127.0.0.1', '250'],
  );
  const away = attempts.filter(({ attributes }) => attributes['mail.domain'] === 'away.test');
  assert.deepEqual(away.map(({ attributes }) => attributes['mail.attempt']).slice(0, 2), [
    '1',
    '2',
  ]);
  assert.ok(away.every(({ isError }) => isError));
  assert.ok([...attempts, store].every((span) => span?.parentSpanId === route.spanId));
  assert.doesNotMatch(collector.text, /@|bob-secret|To all of them/);
  await relay.stop();
});

test('a message by the API goes on with the trace of its request, and with its choice', async () => {
  const { relay, collector } = await traced({ TELEMETRY_TRACES_SAMPLED: '0' });
  const { key } = JSON.parse(
    await relay.must(['apikey', 'add', 'k', '--tenant', 'default', '--json']),
  ) as { key: string };
  const total = sink.total + 3;
  await post(relay, key, `00-${TRACE_ID}-${SPAN_ID}-01`);
  await post(relay, key, `00-${TRACE_ID.replace('0', '1')}-${SPAN_ID}-00`);
  await post(relay, key, undefined);
  await waitFor('all are out', SOON_MS, () => sink.total >= total);
  await waitFor('the trace is whole', SOON_MS, () => count(collector.spans, 'deliver') > 0);
  assert.equal(await relay.terminate(), 0);
  const [root] = oneTree(collector.of(TRACE_ID));
  assert.equal(root.parentSpanId, SPAN_ID);
  assert.equal(root.attributes['mail.listener'], 'api');
  assert.equal(collector.spans.length, collector.of(TRACE_ID).length);
  assert.doesNotMatch(collector.text, new RegExp(`@|${key}`));
  await relay.stop();
});

test('a trace goes through the processes of the services and the headers of Kafka', async () => {
  const collector = keep(await TraceCollector.start());
  const on = { ...env, ...settings(collector.endpoint), TELEMETRY_TRACES_SAMPLED: '1' };
  const replicas = Object.fromEntries(SERVICES.map((service) => [service, 1]));
  const cluster = keep(await Cluster.start({ log: 'kafka', brokers: 1, replicas, env: on }));
  await addBob(cluster);
  const messageId = await send(cluster, [BOB.user, 'a@far.test'], 'processes');
  await waitFor('the trace is whole', SOON_MS, () => collector.of(messageId).length >= 4);
  const spans = collector.of(messageId);
  oneTree(spans);
  assert.deepEqual(spans.map(({ name, service }) => `${name} by ${service}`).toSorted(), [
    'accept by staffetta-ingress',
    'deliver by staffetta-delivery',
    'route by staffetta-router',
    'store by staffetta-mailbox',
  ]);
  await cluster.stop();
});

test('without an endpoint nothing of it is loaded', async () => {
  const options = { env, nodeOptions: ['--import', NO_TRACES] };
  const relay = keep(await Staffetta.start(options));
  await send(relay, ['a@far.test'], 'off');
  await waitFor('it is out', SOON_MS, () => sink.arrivals.has('off'));
  assert.doesNotMatch(await metricsOf(relay), /^staffetta_otlp_spans_total[{ ]/m);
  await relay.stop();
  const on = { ...options, env: { ...env, ...settings('http://127.0.0.1:1') } };
  await assert.rejects(Staffetta.start(on), /traces are loaded/);
});

test('without a collector mail flows, and what was dropped is counted', async () => {
  const nobody = `http://127.0.0.1:${await freePort()}`;
  const on = { ...env, ...settings(nobody), TELEMETRY_TRACES_SAMPLED: '1' };
  const relay = keep(await Staffetta.start({ env: on }));
  await send(relay, ['a@far.test'], 'away');
  await waitFor('it is out', SOON_MS, () => sink.arrivals.has('away'));
  await waitFor('its spans are dropped', SOON_MS, async () =>
    /^staffetta_otlp_spans_total\{outcome="dropped"\} [1-9]/m.test(await metricsOf(relay)),
  );
  assert.match(relay.log(), /the collector of traces does not take them; mail goes on/);
  assert.equal(await relay.terminate(), 0);
  await relay.stop();
});

/** The first span and the one that routed it, of spans that are one tree in which nothing begins before its parent. */
function oneTree(spans: readonly CollectedSpan[]): readonly [CollectedSpan, CollectedSpan] {
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  assert.equal(byId.size, spans.length);
  const roots = spans.filter(({ parentSpanId }) => !byId.has(parentSpanId));
  const routes = spans.filter(({ name }) => name === 'route');
  assert.deepEqual(
    roots.map(({ name }) => name),
    ['accept'],
  );
  assert.equal(routes.length, 1);
  assert.equal(routes[0]?.parentSpanId, roots[0]?.spanId);
  for (const span of spans) {
    assert.ok(span.endNs >= span.startNs, span.name);
    const parent = byId.get(span.parentSpanId);
    // Beginnings are whole milliseconds.
    assert.ok(!parent || span.startNs >= parent.startNs - 1_000_000n, span.name);
  }
  return [roots[0]!, routes[0]!];
}

async function traced(
  more: Readonly<Record<string, string>>,
): Promise<{ readonly relay: Staffetta; readonly collector: TraceCollector }> {
  const collector = keep(await TraceCollector.start());
  const on = { ...env, ...settings(collector.endpoint), ...more };
  const relay = keep(await Staffetta.start({ env: on }));
  await addBob(relay);
  return { relay, collector };
}

function settings(endpoint: string): Record<string, string> {
  return { TELEMETRY_OTLP_ENDPOINT: endpoint };
}

async function addBob(relay: Relay): Promise<void> {
  await relay.must(['domain', 'add', 'local.test', '--local']);
  await relay.must(['account', 'add', BOB.user, '--password-stdin'], `${BOB.password}\n`);
}

async function send(relay: Relay, to: readonly string[], id: string): Promise<string> {
  const client = await SmtpClient.open({ port: relay.ports.mx });
  const message = Buffer.from(`X-Id: ${id}\r\nSubject: one\r\n\r\nTo all of them\r\n`);
  const reply = await client.send('', to, message);
  await client.quit();
  const [, messageId] = /queued as ([0-9a-f]{32})$/.exec(reply.text) ?? [];
  assert.ok(messageId, reply.text);
  return messageId;
}

async function post(relay: Staffetta, key: string, traceparent: string | undefined): Promise<void> {
  const reply = await fetch(`http://127.0.0.1:${relay.ports.api}/api/v1/transmissions`, {
    method: 'POST',
    headers: {
      authorization: key,
      'content-type': 'application/json',
      ...(traceparent !== undefined && { traceparent }),
    },
    body: JSON.stringify({
      recipients: [{ address: 'a@far.test' }],
      content: { from: BOB.user, subject: 'Hello', text: 'Hello there' },
    }),
  });
  assert.equal(reply.status, 200, await reply.text());
}

async function metricsOf(relay: Staffetta): Promise<string> {
  const reply = await fetch(`http://127.0.0.1:${relay.ports.telemetry}/metrics`);
  return reply.text();
}

function count(spans: readonly CollectedSpan[], name: string): number {
  return spans.filter((span) => span.name === name).length;
}

function keep<T extends { stop(): unknown }>(one: T): T {
  started.push(one);
  return one;
}
