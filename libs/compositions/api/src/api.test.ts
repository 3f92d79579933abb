import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { after, before, describe, test } from 'node:test';
import { connect } from 'node:net';
import { systemClock } from '@staffetta/core';
import { MemoryDirectory, MemoryLog } from '@staffetta/log-memory';
import { NodemailerComposer } from '@staffetta/mail-composer';
import { Transmissions } from '@staffetta/service-api';
import { createApiServer } from './create-api-server.ts';
import type { ApiServer } from './create-api-server.ts';

/** What the tests use of the client, which has no types of its own. */
interface SparkPostClient {
  readonly transmissions: {
    send(transmission: object): Promise<{ results: Record<string, unknown> }>;
  };
}

const require = createRequire(import.meta.url);
const SparkPost = require('sparkpost') as new (
  key: string,
  options: { origin: string },
) => SparkPostClient;

const KEY = 'k'.repeat(40);
const BODY_BYTES = 2_000_000;
const content = { from: 'me@example.com', subject: 'Hi {{name}}', text: 'Hello {{name}}' };

describe('the email API', () => {
  const directory = new MemoryDirectory();
  const errors: unknown[] = [];
  const statuses: number[] = [];
  let log: MemoryLog;
  let server: ApiServer;
  let origin: string;
  let accepts = true;
  let open = 0;

  const start = async (): Promise<void> => {
    log = new MemoryLog();
    server = createApiServer({
      listen: ['127.0.0.1', '::1'],
      port: 0,
      bodyBytes: BODY_BYTES,
      memoryBytes: 0,
      directory,
      transmissions: new Transmissions({
        log,
        directory,
        composer: new NodemailerComposer(),
        clock: systemClock,
        hostname: 'relay.example.com',
        expiresMs: 1_000,
        sizeBytesMax: 1_000_000,
      }),
      acceptsMail: () => accepts,
      metrics: {
        opened: () => (open += 1),
        closed: () => (open -= 1),
        answered: (status) => statuses.push(status),
      },
      onError: (error) => errors.push(error),
    });
    await server.start();
    origin = `http://127.0.0.1:${server.addresses[0]!.port}`;
  };

  before(async () => {
    directory.addDomain('example.com', 'local');
    directory.addApiKey(KEY, 'key-1');
    await start();
  });
  after(async () => {
    await server.stop();
    assert.deepEqual(errors, []);
    await until(async () => open === 0);
  });

  const post = (
    body: string,
    headers: Record<string, string> = {},
    path = '/api/v1/transmissions',
  ): Promise<Response> =>
    fetch(`${origin}${path}`, {
      method: 'POST',
      headers: { authorization: KEY, 'content-type': 'application/json', ...headers },
      body,
    });

  const count = (): number => log.events.filter(({ type }) => type === 'accepted').length;

  test('the sparkpost client sends one message', async () => {
    const client = new SparkPost(KEY, { origin });
    const { results } = await client.transmissions.send({
      content,
      recipients: [{ address: '"One" <one@example.org>', substitution_data: { name: 'One' } }],
      cc: [{ address: 'copy@example.org' }],
      bcc: [{ address: 'blind@example.org' }],
    });
    assert.equal(results['total_accepted_recipients'], 3);
    assert.equal(results['total_rejected_recipients'], 0);
    const partition = { topic: 'accepted', lane: 0, bulk: false } as const;
    const records = await log.read(partition, 1, { recordsMax: 10, bytesMax: 1e9 });
    assert.equal(records[0]!.envelope.messageId, results['id']);
    assert.equal(records[0]!.envelope.injection.peer, '127.0.0.1');
    for (const { body } of records) {
      assert.match(body.bytes!.toString(), /^To: "?One ?"? <one@example.org>\r$/m);
      assert.match(body.bytes!.toString(), /^Cc: copy@example.org\r$/m);
    }
  });

  test('the sparkpost client sends a thousand', async () => {
    const begin = count();
    const client = new SparkPost(KEY, { origin });
    const { results } = await client.transmissions.send({
      content,
      recipients: Array.from({ length: 1_000 }, (_, i) => ({
        address: { email: `r${i}@example.org`, name: `Name ${i}` },
        substitution_data: { name: `n${i}` },
      })),
    });
    assert.equal(results['total_accepted_recipients'], 1_000);
    assert.equal(count(), begin + 1_000);
    const partition = { topic: 'accepted', lane: 0, bulk: true } as const;
    const records = await log.read(partition, 1, { recordsMax: 2_000, bytesMax: 1e9 });
    assert.equal(new Set(records.map(({ envelope }) => envelope.messageId)).size, 1_000);
    assert.match(records[999]!.body.bytes!.toString(), /^Subject: Hi n999\r$/m);
  });

  test('the sparkpost client is told what is wrong', async () => {
    const client = new SparkPost(KEY, { origin });
    const foreign = { ...content, from: 'me@foreign.example' };
    await assert.rejects(
      client.transmissions.send({ content: foreign, recipients: [{ address: 'a@example.org' }] }),
      (error: Error & { statusCode?: number; errors?: unknown }) => {
        assert.equal(error.statusCode, 400);
        assert.deepEqual(error.errors, [
          {
            message: 'Invalid domain',
            description: 'Unconfigured or unverified sending domain.',
            code: '7001',
          },
        ]);
        return true;
      },
    );
  });

  test('a slash at the end, and Basic authentication, make no difference', async () => {
    const basic = `Basic ${Buffer.from(`${KEY}:`).toString('base64')}`;
    const body = JSON.stringify({ content, recipients: [{ address: 'a@example.org' }] });
    const path = '/api/v1/transmissions/?num_rcpt_errors=3';
    assert.equal((await post(body, { authorization: basic }, path)).status, 200);
  });

  test('what is not understood is answered in the same shape', async () => {
    for (const [path, method, headers, body, status, code] of [
      ['/api/v1/transmissions', 'POST', { authorization: 'wrong' }, '{}', 401, undefined],
      ['/api/v1/transmissions', 'POST', { authorization: '' }, '{}', 401, undefined],
      ['/api/v1/other', 'GET', { authorization: 'wrong' }, undefined, 401, undefined],
      ['/api/v1/other', 'GET', {}, undefined, 404, '1101'],
      ['/', 'GET', {}, undefined, 404, '1101'],
      ['/api/v1/transmissions', 'GET', {}, undefined, 405, '1102'],
      ['/api/v1/transmissions/', 'DELETE', {}, undefined, 405, '1102'],
      ['/api/v1/transmissions', 'POST', {}, '{', 400, '1200'],
      ['/api/v1/transmissions', 'POST', {}, '', 400, '1200'],
      ['/api/v1/transmissions', 'POST', {}, '[]', 422, '1300'],
      ['/api/v1/transmissions', 'POST', {}, '{"a":{"__proto__":{"b":1}}}', 400, '1200'],
      ['/api/v1/transmissions', 'POST', { 'content-type': 'text/plain' }, '{}', 415, '1700'],
      [
        '/api/v1/transmissions',
        'POST',
        { 'content-type': 'application/x-www-form-urlencoded' },
        'a=b',
        415,
        '1700',
      ],
    ] as const) {
      const response = await fetch(`${origin}${path}`, {
        method,
        headers: {
          authorization: KEY,
          ...(method === 'POST' && { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body !== undefined && { body }),
      });
      const name = `${method} ${path} ${body ?? ''}`;
      const answer = (await response.json()) as { errors: { code?: string }[] };
      assert.equal(response.status, status, `${name}: ${JSON.stringify(answer)}`);
      assert.equal(answer.errors[0]?.code, code, name);
    }
  });

  test('a body past the limit is answered 413, a deep one is no danger', async () => {
    const large = await post(`{"x":"${'x'.repeat(BODY_BYTES)}"}`);
    assert.equal(large.status, 413);
    assert.ok(((await large.json()) as { errors: unknown[] }).errors.length > 0);
    const levels = 500_000;
    const deep = await post(
      `{"substitution_data":${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}}`,
    );
    assert.ok(deep.status === 422 || deep.status === 413, String(deep.status));
  });

  test('memory is bounded over all requests, and comes back when a client goes', async () => {
    const { port } = server.addresses[0]!;
    const begin = count();
    const hold = Math.floor(BODY_BYTES * 0.9);
    const socket = connect(port, '127.0.0.1');
    const head = `POST /api/v1/transmissions HTTP/1.1\r\nHost: x\r\nAuthorization: ${KEY}\r\nContent-Type: application/json\r\nContent-Length: ${BODY_BYTES}\r\n\r\n`;
    socket.write(head + ' '.repeat(hold));
    const body = JSON.stringify({
      content: { ...content, text: 'x'.repeat(400_000) },
      recipients: [{ address: 'a@example.org' }],
    });
    const status = async (): Promise<number> => (await post(body)).status;
    await until(async () => (await status()) === 503);
    socket.destroy();
    await until(async () => (await status()) === 200);
    assert.ok(count() > begin);
  });

  test('a full disk, a log and a directory that are away are 503', async () => {
    const body = JSON.stringify({ content, recipients: [{ address: 'a@example.org' }] });
    accepts = false;
    assert.equal((await post(body)).status, 503);
    accepts = true;
    log.unavailable = true;
    assert.equal((await post(body)).status, 503);
    log.unavailable = false;
    directory.unavailable = true;
    assert.equal((await post(body)).status, 503);
    directory.unavailable = false;
    assert.equal((await post(body)).status, 200);
  });

  test('draining answers what is in flight and takes nothing new', async () => {
    const body = JSON.stringify({ content, recipients: [{ address: 'a@example.org' }] });
    const { port } = server.addresses[0]!;
    const socket = connect(port, '127.0.0.1');
    let text = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    socket.write(
      `POST /api/v1/transmissions HTTP/1.1\r\nHost: x\r\nAuthorization: ${KEY}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nExpect: 100-continue\r\n\r\n`,
    );
    await until(async () => text.includes('100 Continue'));
    const drained = server.drain();
    await assert.rejects(fetch(origin));
    socket.write(body);
    await drained;
    await until(async () => socket.closed);
    assert.match(text, /HTTP\/1\.1 200 OK/);
    assert.match(text, /connection: close/i);
  });
});

async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error('the condition did not come');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
