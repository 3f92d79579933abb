/** The relay on Apache Kafka, every service in a process of its own: what it delivers, returns, keeps and counts. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startTestKafka } from '@staffetta/testing';
import type { TestKafka } from '@staffetta/testing';
import { DnsServer, site } from '../harness/dns-server.ts';
import { freePort } from '../harness/free-ports.ts';
import { RecordingSink } from '../harness/recording-sink.ts';
import { mustRun } from '../harness/run-program.ts';
import { SickServer } from '../harness/sick-server.ts';
import { SmtpClient } from '../harness/smtp-client.ts';
import { Staffetta } from '../harness/staffetta.ts';
import { waitFor } from '../harness/wait.ts';

/** The first one starts the embedded PostgreSQL; the others are told where it is. */
const FIRST = 'events';
const OTHERS = ['resolver', 'router', 'delivery', 'mailbox', 'ingress', 'dashboard'] as const;
const ARRIVE_TIMEOUT_MS = 60_000;
const BACK_TIMEOUT_MS = 60_000;
/** A door refuses within the deadline of an append. */
const REFUSE_TIMEOUT_MS = 8_000;
const BOB = { user: 'bob@local.test', password: 'bob-secret-1' };
const HOSTS = { well: '127.0.0.1', slow: '127.0.0.2', never: '127.0.0.3' } as const;
const KILLED_MESSAGES = 60;

const started: { stop(): unknown }[] = [];
const processes = new Map<string, Staffetta>();
let kafka: TestKafka;
let sink: RecordingSink;
let remotePort: number;
let env: Readonly<Record<string, string>>;

before(async () => {
  kafka = keep(await startTestKafka(1));
  remotePort = await freePort();
  sink = keep(await RecordingSink.start({ port: remotePort, delayMs: 50 }));
  keep(await SickServer.start('5xx', [HOSTS.never], remotePort));
  const zone = Object.entries(HOSTS).flatMap(([name, host]) => site(`${name}.test`, host));
  const dns = keep(await DnsServer.start(zone));
  env = {
    DELIVERY_REMOTE_PORT: String(remotePort),
    DELIVERY_RETRY_MIN_MS: '1000',
    DELIVERY_RETRY_MAX_MS: '2000',
    DNS_SERVERS: dns.address,
    LOG_KIND: 'kafka',
    LOG_KAFKA_BROKERS: kafka.addresses.join(','),
    LOG_KAFKA_REPLICATION_FACTOR: '1',
    LOG_LANES: '8',
    LOG_KEEP_MS: '0',
  };
  const first = keep(await Staffetta.start({ env, services: [FIRST] }));
  processes.set(FIRST, first);
  env = { ...env, DATABASE_URL: await databaseUrl(first) };
  const starting = OTHERS.map(async (service) => {
    const one = await Staffetta.start({ env, services: [service] });
    processes.set(service, keep(one));
  });
  await Promise.all(starting);
  for (const name of Object.keys(HOSTS)) await admin(['domain', 'add', `${name}.test`, '--relay']);
  await admin(['domain', 'add', 'local.test', '--local']);
  await admin(['account', 'add', BOB.user, '--password-stdin'], `${BOB.password}\n`);
});

after(async () => {
  for (const one of started.toReversed()) await one.stop();
});

test('what is set up otherwise than configured is told by migrate, with the key', async () => {
  const migrate = async (change: Readonly<Record<string, string>>): Promise<string> => {
    const one = await Staffetta.prepare({ env: { ...env, ...change } });
    const { code, stderr } = await one.cli(['migrate']);
    await one.stop();
    return `${code} ${stderr}`;
  };
  assert.match(await migrate({}), /^0 /);
  assert.match(await migrate({ LOG_LANES: '4' }), /^2 .*log\.kafka: .*\n.* 8 partitions, not 4/);
  assert.match(await migrate({ LOG_KIND: 'postgres' }), /^2 .*log\.kind: .* of kind kafka/);
});

test('to another server and to a mailbox', async () => {
  await send('one', BOB.user, [BOB.user, 'a@well.test']);
  await waitFor('it is at the sink', ARRIVE_TIMEOUT_MS, () => sink.arrivals.has('one'));
  assert.match(await readMail('Subject: one'), /Content of one\r\n/);
});

test('a large message comes by the blob store, whole', async () => {
  const lines = Array.from({ length: 40_000 }, (_, n) => `line ${n} of a large message`);
  await send('large', '', [BOB.user, 'a@well.test'], lines.join('\r\n'));
  await waitFor('it is at the sink', ARRIVE_TIMEOUT_MS, () => sink.arrivals.has('large'));
  const read = await readMail('Subject: large');
  assert.ok(read.endsWith(`${lines.join('\r\n')}\r\n`));
});

test('a refused message comes back as a report', async () => {
  await send('refused', BOB.user, ['a@never.test']);
  const report = await readMail('Content-Type: multipart/report');
  assert.match(report, /Final-Recipient: rfc822; ?a@never\.test/i);
});

test('a deferred message waits in its row, and is delivered when its server takes it', async () => {
  const sick = await SickServer.start('4xx', [HOSTS.slow], remotePort);
  await send('deferred', '', ['a@slow.test']);
  const delivery = of('delivery');
  await waitFor('it is deferred', ARRIVE_TIMEOUT_MS, async () => {
    const reply = await fetch(`http://127.0.0.1:${delivery.ports.telemetry}/metrics`);
    return /recipients_total\{outcome="deferred"\} [1-9]/.test(await reply.text());
  });
  await balanced();
  await sick.stop();
  const slow = keep(await RecordingSink.start({ port: remotePort, host: HOSTS.slow }));
  await waitFor('it arrives', ARRIVE_TIMEOUT_MS, () => slow.arrivals.has('deferred'));
  assert.equal(slow.total, 1);
});

test('a delivery worker that is killed loses nothing', async () => {
  const ids = Array.from({ length: KILLED_MESSAGES }, (_, n) => `killed ${n}`);
  const sending = ids.map((id, n) => send(id, BOB.user, [`r${n}@well.test`, `r${n}@never.test`]));
  await Promise.all(sending);
  await waitFor('some are at the sink', ARRIVE_TIMEOUT_MS, () => sink.arrivals.has(ids[5]!));
  await of('delivery').killNode();
  await of('delivery').start();
  await waitFor('all are at the sink', ARRIVE_TIMEOUT_MS, () =>
    ids.every((id) => sink.arrivals.has(id)),
  );
  await waitFor('nothing waits', ARRIVE_TIMEOUT_MS, async () => (await ledger()).waiting === 0);
  await balanced();
});

test('the lag is told while nobody reads, and is gone when it is read', async () => {
  await of('delivery').terminate();
  await send('lag', '', ['a@well.test']);
  const lag = async (name: string): Promise<number> => {
    const reply = await fetch(`http://127.0.0.1:${of(FIRST).ports.telemetry}/metrics`);
    const series = `staffetta_log_lag_${name}{topic="outbound",class="normal"} `;
    const line = (await reply.text()).split('\n').find((one) => one.startsWith(series));
    return Number(line?.slice(series.length));
  };
  await waitFor('there is lag', ARRIVE_TIMEOUT_MS, async () => (await lag('records')) > 0);
  assert.ok((await lag('oldest_age_seconds')) > 0);
  await of('delivery').start();
  await waitFor('there is none', ARRIVE_TIMEOUT_MS, async () => (await lag('records')) === 0);
  assert.equal(await lag('oldest_age_seconds'), 0);
});

test('without Kafka doors answer 451, and take mail again by themselves when it is back', async () => {
  const [broker] = kafka.brokers;
  await broker!.kill();
  const client = await SmtpClient.open({ port: of('ingress').ports.mx });
  const startedAtMs = Date.now();
  const reply = await client.send('', ['a@well.test'], content('away'));
  assert.match(reply.text, /^451 /);
  assert.ok(Date.now() - startedAtMs < REFUSE_TIMEOUT_MS);
  await client.quit();
  assert.equal(await of('ingress').isReady(), true);
  await broker!.restart();
  await waitFor('a message is taken again', BACK_TIMEOUT_MS, () =>
    send('back', '', ['a@well.test', BOB.user]).then(
      () => true,
      () => false,
    ),
  );
  await waitFor('it is at the sink', BACK_TIMEOUT_MS, () => sink.arrivals.has('back'));
  await readMail('Subject: back');
  await waitFor('nothing waits', BACK_TIMEOUT_MS, async () => (await ledger()).waiting === 0);
  await balanced();
});

test('when PostgreSQL dies and comes back, every service goes on by itself', async () => {
  of(FIRST).killPostgres();
  await waitFor('a message is taken again', BACK_TIMEOUT_MS, () =>
    send('database', BOB.user, ['a@well.test', BOB.user, 'a@never.test']).then(
      () => true,
      () => false,
    ),
  );
  await waitFor('it is at the sink', BACK_TIMEOUT_MS, () => sink.arrivals.has('database'));
  await readMail('Subject: database');
  await waitFor('nothing waits', BACK_TIMEOUT_MS, async () => (await ledger()).waiting === 0);
  await balanced();
});

test('all of them end with 0 at SIGTERM', async () => {
  for (const one of started.toReversed()) {
    if (one instanceof Staffetta) assert.equal(await one.terminate(), 0, one.log());
  }
});

function of(service: string): Staffetta {
  const found = processes.get(service);
  assert.ok(found);
  return found;
}

function admin(args: readonly string[], stdin = ''): Promise<string> {
  return of('dashboard').must(args, stdin);
}

async function ledger(): Promise<{ readonly balanced: boolean; readonly waiting: number }> {
  const { stdout } = await of('dashboard').cli(['ledger', 'check', '--json']);
  // Not answered while something it needs is away.
  if (stdout === '') return { balanced: false, waiting: Number.NaN };
  return JSON.parse(stdout) as { balanced: boolean; waiting: number };
}

async function balanced(): Promise<void> {
  const check = await of('dashboard').cli(['ledger', 'check']);
  assert.equal(check.code, 0, check.stdout + check.stderr);
}

function content(id: string, text = `Content of ${id}`): Buffer {
  return Buffer.from(`X-Id: ${id}\r\nSubject: ${id}\r\n\r\n${text}\r\n`);
}

async function send(id: string, from: string, to: readonly string[], text?: string): Promise<void> {
  const client = await SmtpClient.open({ port: of('ingress').ports.mx });
  try {
    const reply = await client.send(from, to, content(id, text));
    assert.match(reply.text, /^250 /);
  } finally {
    await client.quit();
  }
}

/** The first message in Bob's INBOX that has the text, once there is one. */
async function readMail(text: string): Promise<string> {
  const inbox = `imaps://127.0.0.1:${of('mailbox').ports.imaps}/INBOX`;
  const login = ['-u', `${BOB.user}:${BOB.password}`];
  let found = '';
  await waitFor(`a message with ${text}`, ARRIVE_TIMEOUT_MS, async () => {
    for (let index = 1; found === ''; index += 1) {
      const message = await mustRun([
        ...['curl', '-sSk', ...login],
        `${inbox};MAILINDEX=${index}`,
      ]).catch(() => '');
      if (message === '') return false;
      if (message.includes(text)) found = message;
    }
    return true;
  });
  return found;
}

async function databaseUrl(first: Staffetta): Promise<string> {
  const url = /postgres(?:ql)?:\/\/[^\s"']+/.exec(await first.must(['config', 'show']))?.[0];
  assert.ok(url);
  return url;
}

function keep<T extends { stop(): unknown }>(one: T): T {
  started.push(one);
  return one;
}
