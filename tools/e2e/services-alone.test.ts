/** Every service in a process of its own, with its own data folder, on one PostgreSQL: mail flows all the same. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { databaseUrl } from '../harness/database-url.ts';
import { DnsServer, site } from '../harness/dns-server.ts';
import { freePort } from '../harness/free-ports.ts';
import { RecordingSink } from '../harness/recording-sink.ts';
import { mustRun } from '../harness/run-program.ts';
import { SmtpClient } from '../harness/smtp-client.ts';
import { Staffetta } from '../harness/staffetta.ts';
import { waitFor } from '../harness/wait.ts';

/** The first one starts the embedded PostgreSQL; the others are told where it is. */
const FIRST = 'events';
const OTHERS = [
  'resolver',
  'router',
  'delivery',
  'mailbox',
  'ingress',
  'api',
  'dashboard',
] as const;
const ARRIVE_TIMEOUT_MS = 30_000;
const BOB = { user: 'bob@local.test', password: 'bob-secret-1' };

const started: { stop(): unknown }[] = [];

after(async () => {
  for (const one of started.toReversed()) await one.stop();
});

test('a message passes through eight processes', async () => {
  const sink = keep(await RecordingSink.start({ port: await freePort() }));
  const dns = keep(await DnsServer.start(site('example.test', '127.0.0.1')));
  const env = { DELIVERY_REMOTE_PORT: String(sink.port), DNS_SERVERS: dns.address };
  const first = keep(await Staffetta.start({ env, services: [FIRST] }));
  const DATABASE_URL = await databaseUrl(first);
  const processes = new Map<string, Staffetta>();
  for (const service of OTHERS) {
    const options = { env: { ...env, DATABASE_URL }, services: [service] };
    processes.set(service, keep(await Staffetta.start(options)));
  }
  const of = (service: (typeof OTHERS)[number]): Staffetta => {
    const found = processes.get(service);
    assert.ok(found);
    return found;
  };
  const dashboard = of('dashboard');
  await dashboard.must(['domain', 'add', 'example.test', '--relay']);
  await dashboard.must(['domain', 'add', 'local.test', '--local']);
  await dashboard.must(['account', 'add', BOB.user, '--password-stdin'], `${BOB.password}\n`);

  const client = await SmtpClient.open({ port: of('ingress').ports.mx });
  const message = Buffer.from('X-Id: one\r\nSubject: one\r\n\r\nThrough all of them\r\n');
  const reply = await client.send('', [BOB.user, 'a@example.test'], message);
  await client.quit();
  assert.match(reply.text, /^250 2\.0\.0 Ok: queued as [0-9a-f]{32}$/);

  await waitFor('it is at the sink', ARRIVE_TIMEOUT_MS, () => sink.arrivals.has('one'));
  const inbox = `imaps://127.0.0.1:${of('mailbox').ports.imaps}/INBOX;MAILINDEX=1`;
  const login = ['-u', `${BOB.user}:${BOB.password}`];
  let read = '';
  await waitFor('it is in the mailbox', ARRIVE_TIMEOUT_MS, async () => {
    read = await mustRun(['curl', '-sSk', ...login, inbox]).catch(() => '');
    return read !== '';
  });
  assert.match(read, /Through all of them\r\n$/);
  const ledger = await dashboard.cli(['ledger', 'check']);
  assert.equal(ledger.code, 0, ledger.stdout + ledger.stderr);
});

test('each of them ends with 0 at SIGTERM', async () => {
  for (const one of started.toReversed()) {
    if (one instanceof Staffetta) assert.equal(await one.terminate(), 0, one.log());
  }
});

function keep<T extends { stop(): unknown }>(one: T): T {
  started.push(one);
  return one;
}
