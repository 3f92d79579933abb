import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NewMessage } from '@staffetta/core';
import { analyze, writeStructure } from '@staffetta/mime';
import { MemoryMailStore } from '@staffetta/testing';
import { TestClient } from '../testing/test-client.ts';
import { testOptions } from '../testing/test-options.ts';
import { Pop3Session } from './pop3-session.ts';

const PREFIX = 'Return-Path: <>\r\nDelivered-To: ann\r\n';
const BODIES = [
  'Subject: dots\r\n\r\n.\r\n..two\r\nnot.one\r\n',
  'Subject: no end\r\n\r\nlast line',
  `Subject: long\r\n\r\n${`.${'x'.repeat(76)}\r\n`.repeat(20_000)}`,
  '',
];

function message(text: string): NewMessage {
  const body = Buffer.from(text);
  const structure = analyze(body);
  return {
    prefix: Buffer.from(PREFIX),
    body,
    bodyHeaderBytes: structure.root.bodyStart,
    structure: writeStructure(structure),
    flags: [],
    internalDateMs: 0,
  };
}

async function filled(): Promise<MemoryMailStore> {
  const store = new MemoryMailStore();
  const inbox = await store.findMailbox('ann', 'INBOX');
  assert.ok(inbox !== undefined);
  await store.append(inbox, BODIES.map(message));
  return store;
}

async function logIn(
  store: MemoryMailStore,
): Promise<{ client: TestClient; ended: Promise<void> }> {
  const client = new TestClient();
  const ended = new Pop3Session(client.connection, testOptions(store)).run();
  client.send('USER ann\r\nPASS secret\r\n');
  await client.until(/Logged in\r\n/);
  return { client, ended };
}

async function count(store: MemoryMailStore): Promise<number | undefined> {
  return (await store.findMailbox('ann', 'INBOX'))?.messages;
}

async function content(client: TestClient, command: string): Promise<string> {
  client.send(`${command}\r\n`);
  await client.until(/^\+OK [^\r\n]*\r\n/);
  const sent = client.heard.startsWith('.\r\n') ? '.\r\n' : undefined;
  const all = sent ?? (await client.until(/(?:^|\r\n)\.\r\n/));
  if (sent !== undefined) client.heard = client.heard.slice(sent.length);
  return all.slice(0, -3).replace(/^\./gm, '');
}

test('LIST tells the octets that RETR sends, to the octet', async () => {
  const { client, ended } = await logIn(await filled());
  for (const [i, body] of BODIES.entries()) {
    client.send(`LIST ${i + 1}\r\n`);
    const listed = /^\+OK \d+ (\d+)/.exec(await client.until(/\r\n/))?.[1];
    const text = await content(client, `RETR ${i + 1}`);
    assert.equal(text.length, Number(listed));
    assert.equal(text, PREFIX + body + (body === '' || body.endsWith('\r\n') ? '' : '\r\n'));
  }
  client.send('QUIT\r\n');
  await ended;
});

test('TOP is the header and so many lines', async () => {
  const { client, ended } = await logIn(await filled());
  assert.equal(await content(client, 'TOP 1 0'), `${PREFIX}Subject: dots\r\n\r\n`);
  assert.equal(await content(client, 'TOP 1 2'), `${PREFIX}Subject: dots\r\n\r\n.\r\n..two\r\n`);
  assert.equal(await content(client, 'TOP 1 99'), PREFIX + BODIES[0]);
  client.send('QUIT\r\n');
  await ended;
});

test('UIDL stays the same over sessions and deletions', async () => {
  const store = await filled();
  const first = await logIn(store);
  const before = await content(first.client, 'UIDL');
  first.client.send('DELE 1\r\nQUIT\r\n');
  await first.ended;
  const second = await logIn(store);
  const after = (await content(second.client, 'UIDL')).trim().split('\r\n');
  assert.deepEqual(
    after.map((line) => line.split(' ')[1]),
    before
      .trim()
      .split('\r\n')
      .slice(1)
      .map((line) => line.split(' ')[1]),
  );
  second.client.connection.client.destroy();
  await second.ended;
});

test('nothing is deleted without QUIT, whatever ends the session', async () => {
  const store = await filled();
  const { client, ended } = await logIn(store);
  client.send('DELE 1\r\nDELE 1\r\nSTAT\r\n');
  await client.until(/-ERR[^\n]*\n\+OK 3 /);
  client.connection.client.destroy();
  await ended;
  assert.equal(await count(store), 4);

  const idle = await logIn(store);
  idle.client.send('DELE 1\r\n');
  await idle.client.until(/deleted/);
  idle.client.connection.idle();
  await idle.ended;
  assert.equal(await count(store), 4);

  const reset = await logIn(store);
  reset.client.send('DELE 1\r\nRSET\r\nDELE 2\r\nQUIT\r\n');
  await reset.ended;
  assert.equal(await count(store), 3);
});

test('what IMAP removes meanwhile cannot be read, and QUIT goes on', async () => {
  const store = await filled();
  const { client, ended } = await logIn(store);
  const inbox = await store.findMailbox('ann', 'INBOX');
  assert.ok(inbox !== undefined);
  await store.expunge(inbox, [{ first: 1, last: 1 }], 'any');
  client.send('RETR 1\r\nDELE 1\r\nDELE 2\r\nQUIT\r\n');
  await client.until(/-ERR No such message\r\n[^]*Bye/);
  await ended;
  assert.equal(await count(store), 2);
});
