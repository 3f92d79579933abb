/** Services that ask each other by gRPC with mutual TLS; one of them dies, hangs, comes back; certificates are renewed. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { databaseUrl } from '../harness/database-url.ts';
import { DnsServer, site } from '../harness/dns-server.ts';
import { freePort } from '../harness/free-ports.ts';
import { writeMutualTls } from '../harness/mutual-tls.ts';
import { RecordingSink } from '../harness/recording-sink.ts';
import { mustRun } from '../harness/run-program.ts';
import { Staffetta } from '../harness/staffetta.ts';
import { tempFolder } from '../harness/temp-folder.ts';
import { waitFor } from '../harness/wait.ts';

const OTHERS = ['router', 'delivery', 'mailbox', 'events', 'ingress', 'dashboard'] as const;
type Other = (typeof OTHERS)[number];

const SOON_MS = 30_000;
/** No answer of the admin API may take longer, whoever is away. */
const ANSWER_MS_MAX = 12_000;
const BOB = { user: 'bob@local.test', password: 'bob-secret-1' };

const started: { stop(): unknown }[] = [];
const processes = new Map<string, Staffetta>();
const folder = keep(tempFolder('grpc')).path;
const message = join(folder, 'message');
let token: string;
let messageId: string;

before(async () => {
  const sink = keep(await RecordingSink.start({ port: await freePort() }));
  const dns = keep(await DnsServer.start(site('example.test', '127.0.0.1')));
  const env = {
    ...(await writeMutualTls(folder)),
    DELIVERY_REMOTE_PORT: String(sink.port),
    DNS_SERVERS: dns.address,
  };
  // The one with the embedded PostgreSQL stays.
  const first = keep(await Staffetta.start({ env, services: ['resolver'] }));
  const DATABASE_URL = await databaseUrl(first);
  for (const service of OTHERS) {
    const options = { env: { ...env, DATABASE_URL }, services: [service] };
    processes.set(service, keep(await Staffetta.start(options)));
  }
  const dashboard = of('dashboard');
  token = readFileSync(join(dashboard.dataDir, 'admin-token'), 'utf8').trim();
  await dashboard.must(['domain', 'add', 'example.test', '--relay']);
  await dashboard.must(['domain', 'add', 'local.test', '--local']);
  await dashboard.must(['account', 'add', BOB.user, '--password-stdin'], `${BOB.password}\n`);
  writeFileSync(message, 'Subject: one\r\n\r\nOne\r\n');
});

after(async () => {
  for (const one of started.toReversed()) await one.stop();
});

test('ingress has passwords checked by the mailbox service', async () => {
  await submit();
  const metrics = await metricsOf('mailbox');
  const method = 'staffetta.mailbox.v1.Mailbox/Authenticate';
  assert.match(metrics, answered(method, 'OK'));
  assert.match(await metricsOf('ingress'), made(method, 'OK'));
  // What was right a moment ago is not asked for again.
  await submit();
  assert.equal(/Authenticate",code="OK"\} (\d+)/.exec(await metricsOf('mailbox'))?.[1], '1');
});

test('the dashboard has traces, ledger and counters from events', async () => {
  await waitFor('both messages are delivered', SOON_MS, async () => {
    const { body } = await ask('messages?state=delivered');
    messageId = body[0]?.messageId;
    return body.length === 2;
  });
  const { body: trace } = await ask(`messages/${messageId}`);
  assert.deepEqual(
    trace.events.map(({ type, recipient }: { type: string; recipient: number }) => [
      type,
      recipient,
    ]),
    [['delivered', 1]],
  );
  assert.equal(trace.subject, 'one');
  assert.equal((await ask('messages/0193e0a5c0007000a000000000000001')).status, 404);
  const { body: ledger } = await ask('ledger');
  assert.deepEqual([ledger.balanced, ledger.counts.delivered], [true, 2]);
  const { body: minutes } = await ask('history?minutes=5');
  assert.equal(minutes.length, 5);
  assert.match(await metricsOf('events'), answered('staffetta.events.v1.Events/CheckLedger', 'OK'));
});

test('and live connections from each delivery worker', async () => {
  await submit();
  await waitFor('a connection is seen', SOON_MS, async () => {
    const { body } = await ask('connections');
    assert.deepEqual(body.away, []);
    return body.connections.some(({ address }: { address: string }) => address === '127.0.0.1');
  });
});

test('and where an address goes from the router and the mailbox', async () => {
  const { body: ours } = await ask(`route?address=${BOB.user}`);
  assert.deepEqual([ours.recipient.kind, ours.ends[0].kind], ['account', 'local']);
  assert.equal(ours.recipient.accountId, ours.ends[0].accountId);
  const { body: far } = await ask('route?address=a@example.test');
  assert.deepEqual([far.recipient.kind, far.ends[0].relay], ['relay', true]);
});

test('events dies: what it answers is 503, the rest goes on; it is found when it comes back', async () => {
  await of('events').killNode();
  for (const path of ['ledger', 'messages', `messages/${messageId}`, 'history']) {
    const { status, body, type } = await ask(path);
    assert.equal(status, 503, path);
    assert.match(type, /^application\/problem\+json/);
    assert.match(body.detail, /^events does not answer: /);
  }
  assert.equal((await ask('queues')).status, 200);
  await submit();
  const gap = await liveUntil(({ health }) => health.some(isGap('events')));
  assert.equal(gap.rates, undefined);
  const check = await of('dashboard').cli(['ledger', 'check']);
  assert.equal(check.code, 3, check.stdout + check.stderr);

  await of('events').start();
  await waitFor('it answers again', SOON_MS, async () => (await ask('ledger')).status === 200);
  const whole = await liveUntil(({ rates }) => rates !== undefined);
  assert.ok(!whole.health.some(isGap('events')));
});

test('a delivery worker that hangs is a marked gap, and nobody waits for it', async () => {
  const delivery = of('delivery');
  process.kill(delivery.pid, 'SIGSTOP');
  try {
    const { status, body } = await ask('connections');
    assert.equal(status, 200);
    assert.equal(body.away.length, 1);
    assert.match(body.away[0].reason, /^delivery does not answer: /);
    assert.equal((await ask('queues')).status, 200);
    await liveUntil(({ health }) =>
      health.some(({ name, ok }) => !ok && name.includes('delivery')),
    );
  } finally {
    process.kill(delivery.pid, 'SIGCONT');
  }
  await waitFor('it answers again', SOON_MS, async () => {
    const { body } = await ask('connections');
    return body.away.length === 0;
  });
});

test('the mailbox dies: people log in all the same', async () => {
  await of('mailbox').killNode();
  // A password that was never right before is in nobody's memory.
  const carl = ['account', 'add', 'carl@local.test', '--password-stdin'];
  await of('dashboard').must(carl, 'carl-secret-1\n');
  await submit({ user: 'carl@local.test', password: 'carl-secret-1' });
  await of('mailbox').start();
});

test('certificates are renewed while everything runs', async () => {
  await writeMutualTls(folder);
  for (const service of ['events', 'dashboard'] as const) {
    await waitFor(`${service} uses them`, SOON_MS, () =>
      of(service).log().includes('the files of grpc.tls have changed and are in use'),
    );
  }
  // A new connection, at which both ends show what nobody would have trusted before.
  await of('events').killNode();
  await of('events').start();
  await waitFor('it answers', SOON_MS, async () => (await ask('ledger')).status === 200);
});

interface Live {
  readonly rates?: unknown;
  readonly health: readonly { readonly name: string; readonly ok: boolean }[];
}

const isGap =
  (wanted: string) =>
  ({ name, ok }: { readonly name: string; readonly ok: boolean }): boolean =>
    name === wanted && !ok;

function answered(method: string, code: string): RegExp {
  return new RegExp(
    `^staffetta_grpc_server_calls_total\\{method="${method}",code="${code}"\\} `,
    'm',
  );
}

function made(method: string, code: string): RegExp {
  return new RegExp(
    `^staffetta_grpc_client_calls_total\\{method="${method}",code="${code}"\\} `,
    'm',
  );
}

function of(service: Other): Staffetta {
  const found = processes.get(service);
  assert.ok(found);
  return found;
}

function keep<T extends { stop(): unknown }>(one: T): T {
  started.push(one);
  return one;
}

/** Submits the message with STARTTLS and AUTH. */
async function submit({ user, password } = BOB): Promise<void> {
  const url = `smtp://127.0.0.1:${of('ingress').ports.submission}`;
  const envelope = ['--mail-from', user, '--mail-rcpt', 'a@example.test', '-T', message];
  await mustRun(['curl', '-sSk', '--ssl-reqd', '-u', `${user}:${password}`, url, ...envelope]);
}

async function metricsOf(service: Other): Promise<string> {
  const reply = await fetch(`http://127.0.0.1:${of(service).ports.telemetry}/metrics`);
  return reply.text();
}

function request(path: string, signal: AbortSignal): Promise<Response> {
  const url = `http://127.0.0.1:${of('dashboard').ports.dashboard}/api/admin/v1/${path}`;
  return fetch(url, { headers: { authorization: `Bearer ${token}` }, signal });
}

/** One question to the admin API, answered in time. */
async function ask(path: string): Promise<{
  readonly status: number;
  readonly type: string;
  // What is in an answer is for the assertions to find out.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly body: any;
}> {
  const reply = await request(path, AbortSignal.timeout(ANSWER_MS_MAX));
  const type = reply.headers.get('content-type') ?? '';
  return { status: reply.status, type, body: await reply.json() };
}

/** Reads the live stream until a snapshot passes. */
async function liveUntil(passes: (snapshot: Live) => boolean): Promise<Live> {
  const reply = await request('live', AbortSignal.timeout(SOON_MS));
  assert.ok(reply.body);
  let text = '';
  for await (const chunk of reply.body.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const [, ...events] = text.split('data: ');
    const last = events.findLast((event) => event.includes('\n\n'));
    const snapshot = last === undefined ? undefined : (JSON.parse(last) as Live);
    if (snapshot && passes(snapshot)) return snapshot;
  }
  throw new Error('the live stream has ended');
}
