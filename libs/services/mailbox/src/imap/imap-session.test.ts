import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { mock, test } from 'node:test';
import { MailStoreUnavailable } from '@staffetta/core';
import { MemoryMailStore, sampleMessage } from '@staffetta/testing';
import { MemoryConnection } from '../testing/memory-connection.ts';
import { TestClient } from '../testing/test-client.ts';
import { testOptions } from '../testing/test-options.ts';
import { STILL_HERE_MS } from './commands/idle.ts';
import { ImapSession } from './imap-session.ts';

async function open(
  options = testOptions(),
): Promise<{ client: TestClient; session: ImapSession; ended: Promise<void> }> {
  const client = new TestClient();
  const session = new ImapSession(client.connection, options);
  const ended = session.run();
  await client.command('l', 'LOGIN ann secret');
  return { client, session, ended };
}

async function append(client: TestClient, text: string): Promise<void> {
  await client.command('a', `APPEND INBOX {${text.length}+}\r\n${text}`);
}

test('a large message waits for a client that reads slowly', async () => {
  const options = testOptions();
  const writer = await open(options);
  const body = `Subject: x\r\n\r\n${'y'.repeat(900_000)}`;
  for (let i = 0; i < 5; i++) await append(writer.client, body);

  const connection = new MemoryConnection();
  const ended = new ImapSession(connection, options).run();
  connection.client.write('l LOGIN ann secret\r\ns SELECT INBOX\r\nf FETCH 1:5 BODY.PEEK[]\r\n');
  for (let i = 0; i < 200; i++) await setImmediate();
  const waiting = connection.stream.writableLength + connection.client.readableLength;
  assert.ok(waiting < 1_000_000, `${waiting} octets are held`);
  let received = 0;
  for await (const chunk of connection.client) {
    received += (chunk as Buffer).length;
    if (received > 5 * body.length) break;
  }
  connection.client.destroy();
  await ended;
  assert.ok(received > 5 * body.length);
});

test('octets of literals come from one budget, and go back to it', async () => {
  const options = testOptions();
  const { client, ended } = await open(options);
  assert.ok(options.memory.take(options.memory.limitBytes - 100));
  const refused = await client.command('a', 'APPEND INBOX {1000}');
  assert.match(refused, /a NO \[UNAVAILABLE\]/);
  client.send('b APPEND INBOX {1000+}\r\n');
  await client.until(/b NO \[UNAVAILABLE\]/);
  client.send(`${'x'.repeat(1_000)}\r\n`);
  assert.match(await client.command('c', 'NOOP'), /c OK/);
  await client.command('d', 'APPEND INBOX {5+}\r\nhello');
  assert.equal(options.memory.usedBytes, options.memory.limitBytes - 100);
  client.send('e APPEND INBOX {50}\r\n');
  await client.until(/\+ /);
  client.connection.client.destroy();
  await ended;
  assert.equal(options.memory.usedBytes, options.memory.limitBytes - 100);
});

test('an idle client hears every two minutes that it is connected still', async () => {
  mock.timers.enable({ apis: ['setInterval'] });
  try {
    const { client, ended } = await open();
    client.send('i IDLE\r\n');
    await client.until(/\+ idling\r\n/);
    mock.timers.tick(STILL_HERE_MS);
    await client.until(/\* OK Still here\r\n/);
    mock.timers.tick(STILL_HERE_MS);
    await client.until(/\* OK Still here\r\n/);
    client.send('DONE\r\n');
    await client.until(/i OK Done\r\n/);
    mock.timers.tick(STILL_HERE_MS);
    assert.match(await client.command('n', 'NOOP'), /^n OK/);
    client.connection.client.end();
    await ended;
  } finally {
    mock.timers.reset();
  }
});

test('a drain says BYE, in IDLE too, and lets a command end', async () => {
  for (const state of ['waiting', 'idling']) {
    const { client, session, ended } = await open();
    if (state === 'idling') {
      await client.command('s', 'SELECT INBOX');
      client.send('i IDLE\r\n');
      await client.until(/idling\r\n/);
    }
    session.drain();
    await client.until(/\* BYE Server is shutting down\r\n/);
    await ended;
  }
});

test('a command under way is answered before the drain ends the session', async () => {
  const store = new MemoryMailStore();
  const gate = Promise.withResolvers<void>();
  const started = Promise.withResolvers<void>();
  const list = store.listMailboxes.bind(store);
  store.listMailboxes = async (accountId) => {
    started.resolve();
    await gate.promise;
    return list(accountId);
  };
  const { client, session, ended } = await open(testOptions(store));
  client.send('a LIST "" "*"\r\nb NOOP\r\n');
  await started.promise;
  session.drain();
  gate.resolve();
  await client.until(/a OK Done\r\n\* BYE/);
  await ended;
});

test('a store that cannot be reached is told, and the session goes on', async () => {
  const store = new MemoryMailStore();
  const { client, ended } = await open(testOptions(store));
  const { findMailbox } = store;
  store.findMailbox = async () => {
    throw new MailStoreUnavailable('away');
  };
  assert.match(await client.command('a', 'SELECT INBOX'), /a NO \[UNAVAILABLE\]/);
  store.findMailbox = findMailbox;
  assert.match(await client.command('b', 'SELECT INBOX'), /b OK/);
  client.connection.client.end();
  await ended;
});

test('a failure is reported, and answered without its cause', async () => {
  const errors: unknown[] = [];
  const store = new MemoryMailStore();
  const failure = new Error('secret detail');
  store.listMailboxes = async () => {
    throw failure;
  };
  const { client, ended } = await open(testOptions(store, (error) => errors.push(error)));
  const answer = await client.command('a', 'LIST "" *');
  assert.match(answer, /a NO \[SERVERBUG\] Internal error/);
  assert.deepEqual(errors, [failure]);
  client.connection.client.end();
  await ended;
});

test('what comes in the clear behind STARTTLS is not taken', async () => {
  const client = new TestClient(new MemoryConnection({ loopback: false, canStartTls: true }));
  const ended = new ImapSession(client.connection, testOptions()).run();
  client.send('a STARTTLS\r\nb LOGIN ann secret\r\n');
  await client.until(/a OK [^\r]*\r\n/);
  assert.match(await client.command('c', 'LIST "" *'), /^c BAD Log in first/);
  client.connection.client.end();
  await ended;
});

test('a client that comes and goes in the middle leaves nothing behind', async () => {
  const store = new MemoryMailStore();
  for (const text of ['i IDLE\r\n', 'a APPEND INBOX {100}\r\nhalf', 'n NOO']) {
    const { client, ended } = await open(testOptions(store));
    await client.command('s', 'SELECT INBOX');
    client.send(text);
    await setImmediate();
    client.connection.client.destroy();
    await ended;
  }
});

test('where it is not known what went, all is compared', async () => {
  const store = new MemoryMailStore();
  const options = testOptions(store);
  const { client, ended } = await open(options);
  for (const text of ['1', '2', '3']) await append(client, text);
  await client.command('s', 'SELECT INBOX');
  const other = await open(options);
  await other.client.command('s', 'SELECT INBOX');
  await other.client.command('a', 'STORE 1 +FLAGS (\\Deleted)');
  await other.client.command('b', 'STORE 2 +FLAGS (\\Seen)');
  await other.client.command('c', 'EXPUNGE');
  await append(other.client, '4');
  const { changesSince } = store;
  store.changesSince = async () => ({ kind: 'too-old' });
  const told = await client.command('n', 'NOOP');
  store.changesSince = changesSince;
  assert.match(told, /^\* 1 EXPUNGE\r\n\* 3 EXISTS\r\n/);
  assert.match(told, /\* 1 FETCH \(UID 2 FLAGS \(\\Seen/);
  assert.equal(await client.command('m', 'NOOP'), 'm OK Done\r\n');
  for (const one of [client, other.client]) one.connection.client.end();
  await Promise.all([ended, other.ended]);
});

test('IDLE goes on when the store is back', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    const store = new MemoryMailStore();
    const options = testOptions(store);
    const { client, ended } = await open(options);
    await client.command('s', 'SELECT INBOX');
    const { changesSince } = store;
    const asked = Promise.withResolvers<void>();
    store.changesSince = async () => {
      asked.resolve();
      throw new MailStoreUnavailable('away');
    };
    client.send('i IDLE\r\n');
    await client.until(/idling\r\n/);
    await asked.promise;
    await setImmediate();
    const inbox = await store.findMailbox('ann', 'INBOX');
    assert.ok(inbox !== undefined);
    store.changesSince = changesSince;
    await store.append(inbox, [sampleMessage('x')]);
    mock.timers.tick(5_000);
    await client.until(/\* 1 EXISTS\r\n/);
    client.connection.client.end();
    await ended;
  } finally {
    mock.timers.reset();
  }
});
