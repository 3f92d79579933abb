import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { serveWebPage } from './web-page.ts';

const SCRIPT = 'export const answer = 42;\n'.repeat(100);

describe('the page', () => {
  const fastify = new FastifyAdapter().getInstance();
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'page-'));
    await mkdir(join(folder, 'assets'));
    await writeFile(join(folder, 'index.html'), '<!doctype html>');
    await writeFile(join(folder, 'assets/a-1.js'), SCRIPT);
    await writeFile(join(folder, 'assets/a-1.js.gz'), gzipSync(SCRIPT));
    await serveWebPage(fastify, folder);
    await fastify.ready();
  });
  after(async () => {
    await fastify.close();
    await rm(folder, { recursive: true });
  });

  const get = (url: string, headers: Record<string, string> = {}) =>
    fastify.inject({ method: 'GET', url, headers });

  test('its root is there for everybody, its other addresses for browsers', async () => {
    assert.match((await get('/')).body, /^<!doctype html>/);
    assert.equal((await get('/queues', { accept: 'text/html' })).statusCode, 200);
    assert.equal((await get('/queues', { accept: 'application/json' })).statusCode, 404);
  });

  test('what is missing below /api and /assets is missing', async () => {
    for (const url of ['/api/nothing', '/assets/nothing.js', '/assets/..%2f..%2fpackage.json']) {
      const { statusCode, headers } = await get(url, { accept: 'text/html' });
      assert.equal(statusCode, 404, url);
      assert.match(String(headers['content-type']), /problem\+json/);
    }
  });

  test('a script is sent packed to those who take it, and kept for ever', async () => {
    const packed = await get('/assets/a-1.js', { 'accept-encoding': 'br, gzip' });
    assert.equal(packed.headers['content-encoding'], 'gzip');
    assert.deepEqual(packed.rawPayload, gzipSync(SCRIPT));
    assert.match(String(packed.headers['cache-control']), /immutable/);
    assert.match(String(packed.headers['content-type']), /javascript/);
    for (const encoding of ['identity', 'gzip;q=0']) {
      const plain = await get('/assets/a-1.js', { 'accept-encoding': encoding });
      assert.deepEqual([plain.headers['content-encoding'], plain.body], [undefined, SCRIPT]);
    }
  });
});
