import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Context, VERSION } from '@staffetta/composition-context';
import { newMessageId } from '@staffetta/core';
import type { AcceptedEvent, Envelope } from '@staffetta/core';
import { Metrics, createLogger, loadConfig } from '@staffetta/platform';
import type { Service } from '@staffetta/platform';
import { PostgresDirectoryAdmin } from '@staffetta/postgres';
import { startTestDatabase } from '@staffetta/testing';
import type { TestDatabase } from '@staffetta/testing';
import { createMailbox } from './create-mailbox.ts';

const ANSWER_TIMEOUT_MS = 10_000;

/** A raw client: sends lines, and reads until what it expects has come. */
class Wire {
  readonly #socket: Socket;
  #received = '';
  #wake = (): void => undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (octets: Buffer) => {
      this.#received += octets.toString('latin1');
      this.#wake();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => this.#wake());
  }

  static async open(port: number): Promise<Wire> {
    const socket = connect(port, '127.0.0.1');
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    return new Wire(socket);
  }

  say(line: string, expected: RegExp): Promise<string> {
    this.#socket.write(`${line}\r\n`, 'latin1');
    return this.expect(expected);
  }

  /** All that has come since the last expectation, once it matches and ends with a line end. */
  async expect(expected: RegExp): Promise<string> {
    const timer = setTimeout(() => this.#socket.destroy(new Error('late')), ANSWER_TIMEOUT_MS);
    while (!(this.#received.endsWith('\r\n') && expected.test(this.#received))) {
      if (this.#socket.destroyed) assert.fail(`wanted ${expected}, got ${this.#received}`);
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    clearTimeout(timer);
    const received = this.#received;
    this.#received = '';
    return received;
  }

  close(): void {
    this.#socket.destroy();
  }
}

let server: TestDatabase;
let folder: string;
let context: Context;
let mailbox: Service;
let ports: { readonly imap: number; readonly pop3: number; readonly lmtp: number };

before(async () => {
  server = await startTestDatabase();
  folder = await mkdtemp(join(tmpdir(), 'staffetta-mailbox-'));
  const [imap, pop3, lmtp] = await freePorts(3);
  ports = { imap: imap!, pop3: pop3!, lmtp: lmtp! };
  const config = loadConfig(
    {
      STAFFETTA_DATABASE_URL: server.url,
      STAFFETTA_DATA_DIR: folder,
      STAFFETTA_LISTEN: '127.0.0.1',
      STAFFETTA_HOSTNAME: 'store.example',
      STAFFETTA_IMAP_PORT: String(imap),
      STAFFETTA_POP3_PORT: String(pop3),
      STAFFETTA_LMTP_PORT: String(lmtp),
      STAFFETTA_IMAP_TLS_PORT: '0',
      STAFFETTA_POP3_TLS_PORT: '0',
      STAFFETTA_STORAGE_MIN_FREE_BYTES: '0',
    },
    folder,
  );
  context = new Context({
    config,
    services: ['mailbox'],
    version: VERSION,
    metrics: new Metrics(),
    logger: createLogger({ level: 'silent', instance: 'test' }),
    isReady: () => true,
    requestStop: () => undefined,
  });
  await context.start();
  const admin = new PostgresDirectoryAdmin(context.parts.database);
  const domain = { tenantId: 'default', kind: 'local', nextHop: '' } as const;
  await admin.addDomain('test', { ...domain, name: 'x.example' });
  await admin.addAccount('test', 'ada@x.example', 'secret');
  await admin.addAccount('test', 'bob@x.example', 'secret');
  await admin.addAlias('test', 'team@x.example', ['ada@x.example', 'bob@x.example']);
  mailbox = createMailbox(context);
  await mailbox.start();
});

after(async () => {
  await mailbox.drain();
  await mailbox.stop();
  await context.stop();
  await server.drop();
  await rm(folder, { recursive: true, force: true });
});

async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((one) => new Promise((resolve) => one.once('listening', resolve))));
  const found = servers.map((one) => (one.address() as AddressInfo).port);
  await Promise.all(servers.map((one) => new Promise((resolve) => one.close(resolve))));
  return found;
}

async function lmtp(): Promise<Wire> {
  const peer = await Wire.open(ports.lmtp);
  await peer.expect(/^220 /);
  await peer.say('LHLO relay.example', /^250 /m);
  return peer;
}

async function imap(user: string): Promise<Wire> {
  const client = await Wire.open(ports.imap);
  await client.say(`1 LOGIN ${user} secret`, /1 OK/);
  return client;
}

async function accountId(address: string): Promise<string> {
  const entry = await context.parts.directory.address(address);
  return entry.kind === 'account' ? entry.accountId : '';
}

function envelopeFor(address: string, id: string, sizeBytes: number): Envelope {
  const now = Date.now();
  return {
    ...{ formatVersion: 1, messageId: newMessageId(), tenantId: 'default' },
    reversePath: 'sender@far.example',
    recipients: [{ number: 1, address, orcpt: '', notify: '', attempts: 0, accountId: id }],
    ...{ acceptedAtMs: now, expiresAtMs: now + 1_000, notBeforeMs: 0, bulk: false, priority: 1 },
    ...{ campaign: '', tags: [], egressPool: '', ret: '', envid: '', requireTls: false },
    ...{ smtputf8: false, is8bit: false, sizeBytes, route: undefined },
    injection: {
      listener: 'mx',
      peer: '192.0.2.1',
      helo: 'far',
      credential: '',
      protocol: 'ESMTP',
    },
  };
}

async function appendFor(address: string, id: string, text: string): Promise<Envelope> {
  const bytes = Buffer.from(text);
  const envelope = envelopeFor(address, id, bytes.length);
  const { messageId, tenantId } = envelope;
  const event: AcceptedEvent = {
    ...{ type: 'accepted', messageId, tenantId, atMs: Date.now(), envelope, subject: '' },
  };
  const body = { sizeBytes: bytes.length, bytes, ref: undefined };
  await context.parts.log.append([{ topic: 'local', key: id, envelope, body }], [event]);
  return envelope;
}

async function stateOf(messageId: string): Promise<string | undefined> {
  for (;;) {
    const trace = await context.trace.message(messageId);
    const state = trace?.recipients[0]?.state;
    if (state !== 'waiting') return state;
  }
}

test('mail by LMTP is there when it is answered, under its trace fields', async () => {
  const peer = await lmtp();
  await peer.say('MAIL FROM:<s@far.example>', /^250/);
  await peer.say('RCPT TO:<ada@x.example>', /^250 2\.1\.5/);
  await peer.say('RCPT TO:<nobody@x.example>', /^550 5\.1\.1/);
  await peer.say('RCPT TO:<ada@elsewhere.example>', /^550 5\.1\.1/);
  await peer.say('RCPT TO:<BOB@X.example>', /^250 2\.1\.5/);
  await peer.say('DATA', /^354/);
  const reply = await peer.say(
    'Subject: hi\r\n\r\nhello\r\n.',
    /^250 2\.0\.0 .*\r\n250 2\.0\.0 .*/,
  );
  const messageId = /queued as ([0-9a-f]{32})/.exec(reply)![1]!;
  assert.equal(await stateOf(messageId), 'delivered');
  const client = await imap('bob@x.example');
  await client.say('2 SELECT INBOX', /\* 1 EXISTS[^]*2 OK/);
  const fetched = await client.say(`3 UID FETCH 1 (BODY.PEEK[] ENVELOPE)`, /3 OK/);
  assert.match(
    fetched,
    new RegExp(
      'Return-Path: <s@far\\.example>\\r\\nDelivered-To: BOB@X\\.example\\r\\n' +
        `Received: from relay\\.example \\(\\[127\\.0\\.0\\.1\\]\\)\\r\\n\\tby store\\.example [^]* with LMTP id ${messageId};` +
        '\\r\\n\\t.*\\r\\nSubject: hi\\r\\n\\r\\nhello\\r\\n',
    ),
  );
  client.close();
  peer.close();
});

test('an account named twice gets one copy', async () => {
  const client = await imap('ada@x.example');
  const before = Number(/\* (\d+) EXISTS/.exec(await client.say('2 SELECT INBOX', /2 OK/))![1]);
  const peer = await lmtp();
  await peer.say('MAIL FROM:<>', /^250/);
  await peer.say('RCPT TO:<ada@x.example>', /^250/);
  await peer.say('RCPT TO:<Ada@x.example>', /^250/);
  await peer.say('DATA', /^354/);
  await peer.say('Subject: once\r\n\r\n.', /^250 .*\r\n250 .*/);
  await client.say('3 NOOP', new RegExp(`\\* ${before + 1} EXISTS[^]*3 OK`));
  client.close();
  peer.close();
});

test('an alias goes on to the router', async () => {
  const peer = await lmtp();
  await peer.say('MAIL FROM:<s@far.example>', /^250/);
  await peer.say('RCPT TO:<team@x.example>', /^250/);
  await peer.say('DATA', /^354/);
  const reply = await peer.say('Subject: all\r\n\r\n.', /^250 2\.0\.0/);
  const messageId = /queued as ([0-9a-f]{32})/.exec(reply)![1]!;
  const trace = await context.trace.message(messageId);
  assert.deepEqual(
    [trace?.recipients[0]?.address, trace?.recipients[0]?.state],
    ['team@x.example', 'waiting'],
  );
  peer.close();
});

test('NUL and bare line ends are refused for each recipient', async () => {
  const peer = await lmtp();
  for (const content of ['a\0b\r\n', 'a\nb\r\n', 'a\rb\r\n']) {
    await peer.say('MAIL FROM:<>', /^250/);
    await peer.say('RCPT TO:<ada@x.example>', /^250/);
    await peer.say('RCPT TO:<bob@x.example>', /^250/);
    await peer.say('DATA', /^354/);
    await peer.say(`${content}.`, /^550 5\.6\.0.*\r\n550 5\.6\.0/);
  }
  peer.close();
});

test('mail from the log is pushed to a client that idles', async () => {
  const client = await imap('ada@x.example');
  const before = Number(/\* (\d+) EXISTS/.exec(await client.say('2 SELECT INBOX', /2 OK/))![1]);
  await client.say('3 IDLE', /\+ /);
  const id = await accountId('ada@x.example');
  const envelope = await appendFor('ada@x.example', id, 'Subject: log\r\n\r\nfrom the log\r\n');
  await client.expect(new RegExp(`\\* ${before + 1} EXISTS`));
  assert.equal(await stateOf(envelope.messageId), 'delivered');
  client.close();
});

test('mail for an account that is gone is told to its sender', async () => {
  const ghost = '00000000-0000-4000-8000-000000000000';
  const envelope = await appendFor('gone@x.example', ghost, 'Subject: late\r\n\r\n');
  assert.equal(await stateOf(envelope.messageId), 'bounced');
  const trace = await context.trace.message(envelope.messageId);
  const report = trace!.events.find(({ type }) => type === 'bounced');
  assert.ok(report !== undefined && report.type !== 'accepted');
  const dsn = await context.trace.message(report.causedMessageId!);
  assert.deepEqual(dsn?.recipients[0]?.address, 'sender@far.example');
});

test('while the database breaks off connections nothing is lost or stored twice', async () => {
  const id = await accountId('bob@x.example');
  const accepted = new Map<string, string>();
  let appending = true;
  const appends = Array.from({ length: 4 }, async (_, writer) => {
    for (let i = 0, got = 0; got < 15; i += 1) {
      const subject = `cut-${writer}-${i}`;
      const appended = appendFor('bob@x.example', id, `Subject: ${subject}\r\n\r\n`);
      const envelope = await appended.catch(() => undefined);
      if (envelope === undefined) continue;
      accepted.set(subject, envelope.messageId);
      got += 1;
    }
  });
  const cutting = (async () => {
    while (appending) {
      await context.parts.database.query(
        `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()
         and pid <> pg_backend_pid() and state = 'active' and random() < 0.2`,
      );
    }
  })();
  await Promise.all(appends);
  appending = false;
  await cutting;
  for (const messageId of accepted.values()) assert.equal(await stateOf(messageId), 'delivered');
  const client = await imap('bob@x.example');
  await client.say('2 SELECT INBOX', /2 OK/);
  const fetched = await client.say('3 FETCH 1:* (BODY.PEEK[HEADER.FIELDS (SUBJECT)])', /3 OK/);
  const subjects = [...fetched.matchAll(/cut-\d+-\d+/g)].map(([subject]) => subject);
  assert.equal(new Set(subjects).size, subjects.length, 'stored twice');
  for (const subject of accepted.keys())
    assert.ok(subjects.includes(subject), `${subject} is lost`);
  client.close();
});

test('POP3 gives the same octets, and only accounts are let in', async () => {
  const client = await Wire.open(ports.pop3);
  await client.expect(/^\+OK/);
  await client.say('USER ada@x.example', /\+OK/);
  await client.say('PASS wrong', /-ERR/);
  await client.say('USER ada@x.example', /\+OK/);
  await client.say('PASS secret', /\+OK/);
  await client.say('RETR 1', /Return-Path: <s@far.example>\r\n[^]*hello\r\n\.\r\n/);
  await client.say('QUIT', /\+OK/);
  client.close();
});
