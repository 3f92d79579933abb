import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import { createLogger } from './logger.ts';
import { Metrics } from './metrics.ts';
import { createTelemetryServer } from './telemetry-server.ts';

describe('the log', () => {
  function logged(write: (logger: ReturnType<typeof createLogger>) => void) {
    const lines: string[] = [];
    const destination = { write: (line: string) => void lines.push(line) };
    write(createLogger({ level: 'info', instance: 'a', destination }));
    return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  test('has JSON lines with level, time and instance, from its level on', () => {
    const [line, ...rest] = logged((logger) => {
      logger.debug('not this');
      logger.info({ site: 'example.org' }, 'connected');
    });
    assert.equal(rest.length, 0);
    assert.equal(line?.['level'], 'info');
    assert.equal(line?.['instance'], 'a');
    assert.equal(line?.['site'], 'example.org');
    assert.equal(line?.['msg'], 'connected');
    assert.ok(!Number.isNaN(Date.parse(String(line?.['time']))));
  });

  test('hides secrets, in fields and in the messages of errors', () => {
    const cause = new Error('at postgresql://relay:s3cret@db/mail');
    const error = new Error('no connection to postgresql://relay:s3cret@db/mail', { cause });
    const lines = logged((logger) => {
      logger.error({ error, password: 's3cret', account: { token: 's3cret' } }, 'failed');
    });
    assert.doesNotMatch(JSON.stringify(lines), /s3cret/);
    assert.match(JSON.stringify(lines), /postgresql:\/\/relay:\[hidden\]@db\/mail/);
  });

  test('names the message that an error is about', () => {
    const [line] = logged((logger) => {
      logger.warn({ err: Object.assign(new Error('no content'), { messageId: 'abc' }) }, 'failed');
    });
    assert.equal(line?.['messageId'], 'abc');
    assert.match(JSON.stringify(line['err']), /"message":"no content"/);
  });
});

describe('metrics', () => {
  test('are rendered under their names, all of which are ours', async () => {
    const metrics = new Metrics();
    const name = 'staffetta_recipients_total';
    metrics
      .counter({ name, help: 'Recipients.', labels: ['state'] })
      .inc({ state: 'delivered' }, 2);
    metrics.gauge({
      name: 'staffetta_queue_depth',
      help: 'Depth.',
      collect: (gauge) => gauge.set(7),
    });
    const { text } = await metrics.render();
    assert.match(text, /^staffetta_recipients_total\{state="delivered"\} 2$/m);
    assert.match(text, /^staffetta_queue_depth 7$/m);
    assert.match(text, /^staffetta_nodejs_eventloop_lag_seconds /m);
    for (const line of text.split('\n')) assert.match(line, /^(#|staffetta_|$)/);
  });

  test('asked for twice are one', () => {
    const metrics = new Metrics();
    const options = { name: 'staffetta_starts_total', help: 'Starts.' };
    assert.equal(metrics.counter(options), metrics.counter(options));
  });

  test('are set when somebody asks, by each service that has a part', async () => {
    const metrics = new Metrics();
    const gauge = { name: 'staffetta_lanes_held', help: 'Lanes.', labels: ['topic'] as const };
    metrics.gauge({ ...gauge, collect: (one) => one.set({ topic: 'outbound' }, 3) });
    metrics.gauge({ ...gauge, collect: (one) => one.set({ topic: 'local' }, 4) });
    let asked = 0;
    metrics.counter({
      name: 'staffetta_questions_total',
      help: 'Questions.',
      collect: (counter) => counter.inc((asked += 1)),
    });
    const { text } = await metrics.render();
    assert.match(text, /^staffetta_lanes_held\{topic="outbound"\} 3$/m);
    assert.match(text, /^staffetta_lanes_held\{topic="local"\} 4$/m);
    assert.match(text, /^staffetta_questions_total 1$/m);
    assert.match((await metrics.render()).text, /^staffetta_questions_total 3$/m);
  });

  test('with names against the rules are refused', () => {
    const metrics = new Metrics();
    const help = 'No.';
    assert.throws(() => metrics.counter({ name: 'staffetta_starts', help }), /_total/);
    assert.throws(() => metrics.counter({ name: 'starts_total', help }), /no name/);
    assert.throws(() => metrics.gauge({ name: 'staffetta_starts_total', help }), /counters/);
    assert.throws(() => metrics.gauge({ name: 'staffetta_message_count', help }), /adds/);
    assert.throws(() => metrics.gauge({ name: 'staffetta_age_ms', help }), /base unit/);
  });
});

describe('the telemetry port', () => {
  async function freePort(): Promise<number> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    return port;
  }

  test('tells life, readiness and metrics', async () => {
    let missing: true | Record<string, string> = { router: 'no lease' };
    const port = await freePort();
    const server = createTelemetryServer({
      addresses: ['127.0.0.1'],
      port,
      metrics: new Metrics(),
      readiness: () => missing,
    });
    await server.start();
    const get = (path: string, method = 'GET') =>
      fetch(`http://127.0.0.1:${port}${path}`, { method });
    try {
      assert.equal((await get('/livez')).status, 200);
      const unready = await get('/readyz');
      assert.equal(unready.status, 503);
      assert.deepEqual(await unready.json(), { ready: false, missing: { router: 'no lease' } });
      missing = true;
      assert.equal((await get('/readyz')).status, 200);
      const metrics = await get('/metrics');
      assert.match(metrics.headers.get('content-type') ?? '', /^text\/plain; version=/);
      assert.match(await metrics.text(), /staffetta_process_cpu_seconds_total/);
      assert.equal((await get('/other')).status, 404);
      assert.equal((await get('/livez', 'POST')).status, 405);
      assert.equal((await get('/livez', 'HEAD')).status, 200);
    } finally {
      await server.stop();
    }
    await assert.rejects(get('/livez'));
  });

  test('0 is off', async () => {
    const server = createTelemetryServer({
      addresses: ['127.0.0.1'],
      port: 0,
      metrics: new Metrics(),
      readiness: () => true,
    });
    await server.start();
    await server.stop();
  });
});
