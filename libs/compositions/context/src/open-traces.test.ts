import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { newMessageId } from '@staffetta/core';
import { Metrics, createLogger, loadConfig } from '@staffetta/platform';
import type { Environment } from '@staffetta/platform';
import { openTraces } from './open-traces.ts';
import type { OpenTraces } from './open-traces.ts';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'staffetta-traces-'));
});
after(() => rm(folder, { recursive: true }));

test('are off without an endpoint', async () => {
  const { traces, text } = await open({});
  assert.equal(traces, undefined);
  assert.doesNotMatch(await text(), /^staffetta_otlp_spans_total[{ ]/m);
});

test('send the fields of headersFile, and count', async (t) => {
  const seen: IncomingHttpHeaders[] = [];
  const server = createServer((request, response) => {
    seen.push(request.headers);
    request.resume().on('end', () => response.end('{}'));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const file = join(folder, 'headers');
  await writeFile(file, 'Authorization: Bearer a:b \r\n\nx-scope-orgid: one\n');
  const { traces, text } = await open({
    STAFFETTA_TELEMETRY_OTLP_ENDPOINT: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    STAFFETTA_TELEMETRY_OTLP_HEADERS_FILE: file,
    STAFFETTA_TELEMETRY_TRACES_SAMPLED: '1',
  });
  traces?.accept(newMessageId(), Date.now())?.end();
  await traces?.stop();
  assert.equal(seen[0]?.authorization, 'Bearer a:b');
  assert.equal(seen[0]['x-scope-orgid'], 'one');
  assert.match(await text(), /^staffetta_otlp_spans_total\{outcome="exported"\} 1$/m);
  assert.match(await text(), /^staffetta_otlp_spans_total\{outcome="dropped"\} 0$/m);
});

test('name the key that is wrong', async () => {
  const endpoint = { STAFFETTA_TELEMETRY_OTLP_ENDPOINT: 'http://127.0.0.1:4318' };
  const withFile = (file: string): Environment => {
    return { ...endpoint, STAFFETTA_TELEMETRY_OTLP_HEADERS_FILE: file };
  };
  const garbage = join(folder, 'garbage');
  await writeFile(garbage, 'secret\n');
  const about = (configKey: string, message: RegExp) => ({ configKey, message });
  const file = 'telemetry.otlp.headersFile';
  await assert.rejects(open(withFile(join(folder, 'missing'))), about(file, /cannot be read$/));
  await assert.rejects(open(withFile(garbage)), about(file, /line 1 of .* is not name: value$/));
  for (const url of ['http://u:p@host:4318', 'http://host:99999']) {
    const env = { STAFFETTA_TELEMETRY_OTLP_ENDPOINT: url };
    await assert.rejects(open(env), about('telemetry.otlp.endpoint', /^(?!.*u:p)/));
  }
});

async function open(env: Environment): Promise<{
  readonly traces: OpenTraces | undefined;
  text(): Promise<string>;
}> {
  const metrics = new Metrics();
  const traces = await openTraces(loadConfig(env, folder), {
    services: ['ingress'],
    version: '1.2.3',
    id: newMessageId(),
    metrics,
    logger: createLogger({ level: 'silent', instance: 'test' }),
  });
  return { traces, text: async () => (await metrics.render()).text };
}
