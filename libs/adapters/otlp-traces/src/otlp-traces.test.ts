import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { newMessageId } from '@staffetta/core';
import { OtlpTraces } from './otlp-traces.ts';
import type { OtlpTracesOptions } from './otlp-traces.ts';
import { BATCH_SPANS_MAX, WAITING_SPANS_MAX } from './span-exporter.ts';

interface Request {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: { readonly resourceSpans: readonly ResourceSpans[] };
}

interface ResourceSpans {
  readonly resource: unknown;
  readonly scopeSpans: readonly { readonly scope: unknown; readonly spans: readonly JsonSpan[] }[];
}

type JsonSpan = Readonly<Record<string, unknown>>;

/** A collector that answers as told. */
async function collector(
  t: TestContext,
  answer: (response: ServerResponse, number: number) => void,
): Promise<{ readonly endpoint: string; readonly requests: Request[] }> {
  const requests: Request[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString()) as Request['body'];
      requests.push({ url: request.url ?? '', headers: request.headers, body });
      answer(response, requests.length);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

function opened(endpoint: string, change: Partial<OtlpTracesOptions> = {}) {
  const counts = { exported: 0, dropped: 0 };
  const states: string[] = [];
  const traces = new OtlpTraces({
    endpoint,
    headers: {},
    sampled: 1,
    resource: { attributes: { 'service.name': 'staffetta' }, version: '1.2.3' },
    onSpans: (outcome, count) => (counts[outcome] += count),
    onState: ({ kind }) => states.push(kind),
    ...change,
  });
  return { traces, counts, states };
}

function ok(response: ServerResponse): void {
  response.end('{}');
}

test('spans go to the collector as OTLP in JSON', async (t) => {
  const { endpoint, requests } = await collector(t, ok);
  const { traces, counts } = opened(`${endpoint}/`, { headers: { 'x-key': 'k' } });
  const messageId = newMessageId();
  const sinceMs = Date.now() - 5;
  const first = traces.accept(messageId, sinceMs);
  first?.set({ 'messaging.message.body.size': 12, 'mail.listener': 'mx' });
  const second = traces.begin('route', 'consumer', first?.traceparent);
  first?.end();
  second?.end('not_written');
  second?.end();
  await traces.stop();
  assert.deepEqual(counts, { exported: 2, dropped: 0 });
  const [request, ...more] = requests;
  assert.deepEqual(more, []);
  assert.equal(request?.url, '/v1/traces');
  assert.equal(request.headers['content-type'], 'application/json');
  assert.equal(request.headers['x-key'], 'k');
  const [resourceSpans] = request.body.resourceSpans;
  const [scopeSpans] = resourceSpans!.scopeSpans;
  assert.deepEqual(resourceSpans!.resource, {
    attributes: [{ key: 'service.name', value: { stringValue: 'staffetta' } }],
  });
  assert.deepEqual(scopeSpans!.scope, { name: 'staffetta', version: '1.2.3' });
  const [root, route] = scopeSpans!.spans;
  const { spanId, endTimeUnixNano, ...rest } = root!;
  assert.match(String(spanId), /^[0-9a-f]{16}$/);
  assert.deepEqual(rest, {
    traceId: messageId,
    flags: 1,
    name: 'accept',
    kind: 2,
    startTimeUnixNano: `${sinceMs}000000`,
    attributes: [
      { key: 'messaging.message.body.size', value: { intValue: '12' } },
      { key: 'mail.listener', value: { stringValue: 'mx' } },
    ],
  });
  const tookNs = BigInt(String(endTimeUnixNano)) - BigInt(`${sinceMs}000000`);
  assert.ok(tookNs >= 5_000_000n && tookNs < 60_000_000_000n, `${tookNs} ns`);
  assert.equal(route!['traceId'], messageId);
  assert.equal(route!['parentSpanId'], spanId);
  assert.equal(route!['kind'], 5);
  assert.deepEqual(route!['status'], { code: 2 });
  assert.deepEqual(route!['attributes'], [
    { key: 'error.type', value: { stringValue: 'not_written' } },
  ]);
});

test('the submitter says to which trace a message belongs and whether it is sampled', async (t) => {
  const { endpoint, requests } = await collector(t, ok);
  const { traces } = opened(endpoint, { sampled: 0 });
  const [trace, span] = ['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331'];
  assert.equal(traces.accept(newMessageId(), Date.now()), undefined);
  assert.equal(traces.accept(newMessageId(), Date.now(), `00-${trace}-${span}-00`), undefined);
  assert.equal(traces.accept(newMessageId(), Date.now(), 'nonsense'), undefined);
  assert.equal(traces.begin('route', 'consumer', undefined), undefined);
  assert.equal(traces.begin('route', 'consumer', `00-${trace}-${span}-00`), undefined);
  const accepted = traces.accept(newMessageId(), Date.now(), `00-${trace}-${span}-01`);
  assert.match(accepted?.traceparent ?? '', new RegExp(`^00-${trace}-(?!${span})[0-9a-f]{16}-01$`));
  accepted?.end();
  await traces.stop();
  const [only, ...others] = requests[0]!.body.resourceSpans[0]!.scopeSpans[0]!.spans;
  assert.deepEqual(others, []);
  assert.equal(only!['parentSpanId'], span);
});

test('as many are sampled as was said', () => {
  const { traces } = opened('http://127.0.0.1:1', { sampled: 0.1 });
  const count = 20_000;
  let sampled = 0;
  for (let n = 0; n < count; n += 1) if (traces.accept(newMessageId(), Date.now())) sampled += 1;
  // Six standard deviations.
  assert.ok(Math.abs(sampled - count / 10) < 6 * Math.sqrt(count * 0.1 * 0.9), `${sampled}`);
});

test('what a collector cannot take now is sent again; what it refuses is dropped and counted', async (t) => {
  const answers = [503, 200, 400];
  const { endpoint, requests } = await collector(t, (response, number) => {
    response.writeHead(answers[number - 1] ?? 200).end();
  });
  const { traces, counts, states } = opened(endpoint);
  const fill = (): void => {
    for (let n = 0; n < BATCH_SPANS_MAX; n += 1) traces.accept(newMessageId(), Date.now())?.end();
  };
  fill();
  await until(() => counts.exported === BATCH_SPANS_MAX);
  fill();
  await until(() => counts.dropped === BATCH_SPANS_MAX);
  assert.equal(requests.length, answers.length);
  assert.deepEqual(requests[0]?.body, requests[1]?.body);
  assert.deepEqual(states, ['failing', 'working', 'failing']);
  await traces.stop();
});

test('what the collector says it rejected counts as dropped', async (t) => {
  const { endpoint } = await collector(t, (response) => {
    response.end('{"partialSuccess":{"rejectedSpans":"1","errorMessage":"no"}}');
  });
  const { traces, counts } = opened(endpoint);
  for (let n = 0; n < 3; n += 1) traces.accept(newMessageId(), Date.now())?.end();
  await traces.stop();
  assert.deepEqual(counts, { exported: 2, dropped: 1 });
});

test('without a collector a bounded number waits, and the rest is dropped', async () => {
  const { traces, counts } = opened('http://127.0.0.1:1');
  const beyond = 100;
  const all = WAITING_SPANS_MAX + BATCH_SPANS_MAX + beyond;
  for (let n = 0; n < all; n += 1) traces.accept(newMessageId(), Date.now())?.end();
  // One batch is being sent.
  assert.deepEqual(counts, { exported: 0, dropped: beyond });
  const begin = performance.now();
  await traces.stop();
  assert.ok(performance.now() - begin < 10_000);
  assert.deepEqual(counts, { exported: 0, dropped: all });
  traces.accept(newMessageId(), Date.now())?.end();
  assert.equal(counts.dropped, all + 1);
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10));
}
