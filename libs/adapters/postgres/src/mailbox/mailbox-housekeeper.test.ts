import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { sampleMessage, startTestDatabase } from '@staffetta/testing';
import type { TestDatabase } from '@staffetta/testing';
import { Database } from '../database.ts';
import { migrate } from '../migrate.ts';
import { MailboxHousekeeper } from './mailbox-housekeeper.ts';
import { PostgresMailStore } from './postgres-mail-store.ts';

const ALL = [{ first: 1, last: 0xffff_ffff }];
const failed = (error: unknown): void => assert.fail(String(error));

let server: TestDatabase;
let database: Database;
let store: PostgresMailStore;
let housekeeper: MailboxHousekeeper;

before(async () => {
  server = await startTestDatabase();
  database = new Database({ url: server.url, connectionsMax: 4, applicationName: 'test' });
  await migrate(database);
  store = new PostgresMailStore({ database, onError: failed });
  housekeeper = new MailboxHousekeeper({ database, onError: failed });
});

after(async () => {
  await store.close();
  await database.close();
  await server.drop();
});

/** As if so many days had passed. */
async function age(days: number): Promise<void> {
  await database.query(`update mail_blob set touched_at = touched_at - $1 * interval '1 day'`, [
    days,
  ]);
  await database.query(
    `update mail_blob_release set released_at = released_at - $1 * interval '1 day'`,
    [days],
  );
  await database.query(`update mailbox_vanished set at = at - $1 * interval '1 day'`, [days]);
}

async function blobs(): Promise<readonly number[]> {
  const rows = await database.query<{ blobs: number; chunks: number; releases: number }>(
    `select (select count(*) from mail_blob) as blobs, (select count(*) from mail_blob_chunk) as chunks,
            (select count(*) from mail_blob_release) as releases`,
  );
  return Object.values(rows[0]!);
}

test('a body goes two days after its last message, not while one has it', async () => {
  const inbox = (await store.findMailbox('a', 'INBOX'))!;
  const trash = (await store.findMailbox('a', 'Trash'))!;
  const large = { ...sampleMessage('large'), body: Buffer.alloc(300_000, 'text ') };
  await store.append(inbox, [large, sampleMessage('kept')]);
  await store.copy(inbox, ALL, trash);
  await store.expunge(inbox, ALL, 'any');
  await age(3);
  await housekeeper.tend();
  assert.deepEqual(await blobs(), [2, 2, 0]);
  await store.expunge(trash, [{ first: 1, last: 1 }], 'any');
  await housekeeper.tend();
  assert.deepEqual(await blobs(), [2, 2, 1], 'released just now');
  await age(1);
  await housekeeper.tend();
  assert.deepEqual(await blobs(), [2, 2, 1], 'a day is not enough');
  await age(1.1);
  await housekeeper.tend();
  assert.deepEqual(await blobs(), [1, 0, 0]);
});

test('a body that came again meanwhile stays', async () => {
  const inbox = (await store.findMailbox('b', 'INBOX'))!;
  await store.append(inbox, [sampleMessage('again')]);
  await store.expunge(inbox, ALL, 'any');
  await age(3);
  await store.append(inbox, [sampleMessage('again')]);
  await store.deleteMailbox(inbox);
  await housekeeper.tend();
  const [row] = await database.query<{ count: number }>(
    `select count(*) as count from mail_blob where touched_at > now() - interval '1 hour'`,
  );
  assert.equal(row!.count, 1);
  await age(3);
  await housekeeper.tend();
  const left = await database.query('select from mail_blob_release');
  assert.equal(left.length, 0);
});

test('who was away for longer than tombstones are kept is told to look anew', async () => {
  const inbox = (await store.findMailbox('c', 'INBOX'))!;
  await store.append(inbox, [sampleMessage('1'), sampleMessage('2')]);
  const before = (await store.findMailbox('c', 'INBOX'))!.modseq;
  await store.expunge(inbox, [{ first: 1, last: 1 }], 'any');
  const after = (await store.findMailbox('c', 'INBOX'))!.modseq;
  await housekeeper.tend();
  assert.equal((await store.changesSince(inbox, before)).kind, 'changes');
  await age(31);
  await housekeeper.tend();
  assert.equal((await store.changesSince(inbox, before)).kind, 'too-old');
  assert.equal((await store.changesSince(inbox, after)).kind, 'changes');
});
