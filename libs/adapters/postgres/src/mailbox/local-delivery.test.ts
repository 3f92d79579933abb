import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { newMessageId } from '@staffetta/core';
import type { AcceptedEvent, LocalCopy, MailEvent, TakenLane } from '@staffetta/core';
import { sampleMessage, startTestDatabase } from '@staffetta/testing';
import type { TestDatabase } from '@staffetta/testing';
import { Database } from '../database.ts';
import { PostgresLanes } from '../lanes/postgres-lanes.ts';
import { LOCAL_LANES } from '../log/partitions.ts';
import { PostgresLog } from '../log/postgres-log.ts';
import { migrate } from '../migrate.ts';
import { PostgresTrace } from '../trace/postgres-trace.ts';
import { PostgresLocalDeliveryStore } from './postgres-local-delivery-store.ts';
import { PostgresMailStore } from './postgres-mail-store.ts';

let server: TestDatabase;
let database: Database;
let log: PostgresLog;
let mailStore: PostgresMailStore;
let store: PostgresLocalDeliveryStore;
let lanes: readonly TakenLane[];

before(async () => {
  server = await startTestDatabase();
  database = new Database({ url: server.url, connectionsMax: 8, applicationName: 'test' });
  await migrate(database);
  log = new PostgresLog({ database, outboundLanes: 1 });
  await log.prepare(1, 1, LOCAL_LANES);
  mailStore = new PostgresMailStore({ database, onError: (error) => assert.fail(String(error)) });
  store = new PostgresLocalDeliveryStore({ database, log, mailStore });
  await database.query(
    `insert into domain (name, tenant_id, kind) values ('x.example', 'default', 'local')`,
  );
  ({ taken: lanes } = await new PostgresLanes(database).tend('local', 'us', []));
});

after(async () => {
  await mailStore.close();
  await log.watchers.close();
  await database.close();
  await server.drop();
});

let accounts = 0;

async function account(): Promise<string> {
  const address = `user${++accounts}@x.example`;
  const rows = await database.query<{ id: string }>(
    `insert into account (tenant_id, domain, address, address_key, password_hash)
     values ('default', 'x.example', $1, $1, '') returning id::text as id`,
    [address],
  );
  return rows[0]!.id;
}

function copyFor(accountId: string, text: string, body?: Buffer): LocalCopy {
  const message = sampleMessage(text);
  return { accountId, message: body === undefined ? message : { ...message, body } };
}

const NOTHING = { copies: [], events: [], records: [], lanes: [] };

async function inboxOf(accountId: string): Promise<readonly number[]> {
  const inbox = await mailStore.findMailbox(accountId, 'INBOX');
  return [...((await mailStore.select(inbox!, true))?.uids ?? [])];
}

async function positionOf(lane: number): Promise<number> {
  const rows = await database.query<{ position: number }>(
    'select position from lane where topic = 3 and lane = $1',
    [lane],
  );
  return rows[0]!.position;
}

function delivered(): readonly [AcceptedEvent, MailEvent] {
  const messageId = newMessageId();
  const atMs = Date.now();
  const base = { messageId, tenantId: 'default', atMs };
  const recipient = {
    number: 1,
    address: 'a@x.example',
    orcpt: '',
    notify: '',
    attempts: 0,
    accountId: '',
  };
  const envelope = {
    ...{
      formatVersion: 1,
      messageId,
      tenantId: 'default',
      reversePath: '',
      recipients: [recipient],
    },
    ...{
      acceptedAtMs: atMs,
      expiresAtMs: atMs,
      notBeforeMs: 0,
      bulk: false,
      priority: 1,
      campaign: '',
    },
    ...{
      tags: [],
      egressPool: '',
      ret: '' as const,
      envid: '',
      requireTls: false,
      smtputf8: false,
    },
    injection: { listener: 'lmtp' as const, peer: '', helo: '', credential: '', protocol: 'LMTP' },
    ...{ is8bit: false, sizeBytes: 1, route: undefined },
  };
  return [
    { ...base, type: 'accepted', envelope, subject: '' },
    { ...base, type: 'delivered', recipient: 1 },
  ];
}

test('a lane of another owner or epoch takes everything back', async () => {
  const ada = await account();
  const events = delivered();
  const [, lane, other] = lanes;
  const stale = { ...lane!, epoch: lane!.epoch - 1 };
  const settled = await store.settle({
    copies: [copyFor(ada, '1')],
    events,
    records: [],
    lanes: [
      { lease: other!, from: 1, position: 9 },
      { lease: stale, from: 1, position: 9 },
    ],
  });
  assert.deepEqual(settled, { kind: 'lost', leases: [stale] });
  assert.deepEqual(await inboxOf(ada), []);
  assert.deepEqual([await positionOf(lane!.lane), await positionOf(other!.lane)], [1, 1]);
  assert.equal(await new PostgresTrace(database).message(events[0].messageId), undefined);
});

test('a body is stored once, whoever gets it', async () => {
  const ids = await Promise.all([account(), account(), account()]);
  const body = Buffer.from(`Subject: one\r\n\r\n${'text '.repeat(100_000)}\r\n`);
  await store.settle({ ...NOTHING, copies: ids.map((id) => copyFor(id, 'once', body)) });
  const again = Buffer.from(body);
  await store.settle({ ...NOTHING, copies: [copyFor(ids[0], 'once', again)] });
  const rows = await database.query<{ blobs: number; chunks: number }>(
    `select count(*) as blobs, (select count(*) from mail_blob_chunk) as chunks
     from mail_blob where size_bytes = $1`,
    [body.length],
  );
  assert.deepEqual(rows, [{ blobs: 1, chunks: 3 }]);
  const inbox = await mailStore.findMailbox(ids[2], 'INBOX');
  const [row] = await mailStore.fetch(inbox!, [{ first: 1, last: 1 }], {}, 1);
  const tail = await mailStore.readBody(ids[2], row!.bodyRef, body.length - 9, 100);
  assert.equal(tail.toString(), 't text \r\n');
});

test('many transactions over the same mailboxes and bodies do not lock each other out', async () => {
  const ids = await Promise.all(Array.from({ length: 6 }, () => account()));
  const bodies = Array.from({ length: 4 }, (_, i) => Buffer.from(`Subject: ${i}\r\n\r\nx\r\n`));
  const rounds = Array.from({ length: 24 }, (_, round) => {
    const mixed = ids.map((_, i) => ids[(i * 5 + round) % ids.length]!);
    return mixed.map((id, i) => copyFor(id, 'x', bodies[(i + round) % bodies.length]));
  });
  const settled = await Promise.all(rounds.map((copies) => store.settle({ ...NOTHING, copies })));
  assert.ok(settled.every(({ kind }) => kind === 'ok'));
  for (const id of ids) {
    const [inbox] = (await mailStore.listMailboxes(id)).filter(({ name }) => name === 'INBOX');
    assert.deepEqual([inbox!.messages, inbox!.uidNext, inbox!.modseq], [24, 25, 25]);
  }
});
