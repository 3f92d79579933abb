import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { startTestDatabase } from '@staffetta/testing';
import type { TestDatabase } from '@staffetta/testing';
import { Database } from '../database.ts';
import { BlobGone, PostgresBlobStore } from './postgres-blob-store.ts';

const DAY_MS = 86_400_000;
const MIB = 1024 * 1024;

let server: TestDatabase;
let database: Database;
before(async () => {
  server = await startTestDatabase();
  database = new Database({ url: server.url, connectionsMax: 4, applicationName: 'test' });
});
after(async () => {
  await database.close();
  await server.drop();
});

async function contentOf(store: PostgresBlobStore, ref: string): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of store.chunks(ref)) {
    assert.ok(piece.length <= MIB);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

void test('contents come back octet for octet, for another instance too', async () => {
  const store = new PostgresBlobStore(database);
  const other = new PostgresBlobStore(database);
  for (const size of [0, 1, MIB, MIB + 1, 3 * MIB]) {
    const bytes = randomBytes(size);
    const ref = await store.put(bytes, Date.now() + DAY_MS);
    assert.ok((await contentOf(other, ref)).equals(bytes), `${size} octets`);
  }
});

void test('is kept until its day has passed, and is gone after', async () => {
  const store = new PostgresBlobStore(database);
  const untilMs = Date.now() + 3 * DAY_MS;
  const ref = await store.put(Buffer.from('kept'), untilMs);
  await store.tend(untilMs);
  assert.equal((await contentOf(store, ref)).toString(), 'kept');
  await store.tend(untilMs + 2 * DAY_MS);
  await assert.rejects(contentOf(store, ref));
  await assert.rejects(contentOf(store, '20200101'), BlobGone);
  const again = await store.put(Buffer.from('anew'), untilMs);
  assert.equal((await contentOf(store, again)).toString(), 'anew');
});
