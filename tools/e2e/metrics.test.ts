/** What a process tells operators: the documented metrics and no others, few series however much there is, and its log. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Database } from '@staffetta/postgres';
import { databaseUrl } from '../harness/database-url.ts';
import { DnsServer, site } from '../harness/dns-server.ts';
import { freePort } from '../harness/free-ports.ts';
import { RecordingSink } from '../harness/recording-sink.ts';
import { SmtpClient } from '../harness/smtp-client.ts';
import { Staffetta } from '../harness/staffetta.ts';
import { waitFor } from '../harness/wait.ts';
import { documentedMetrics, exposedMetrics, seriesOf } from '../observe/metrics-list.ts';

const TENANTS = 20_000;
const DOMAINS = 100_000;
const SERIES_MAX = 10_000;
/** Domains that mail is really sent to, each a site of its own. */
const REACHED = 100;
const LOOK_TIMEOUT_MS = 60_000;
const BOB = { user: 'bob@local.test', password: 'bob-secret-1' };

const started: { stop(): unknown }[] = [];
let relay: Staffetta;
let queued = '';

before(async () => {
  const names = Array.from({ length: REACHED }, (_, n) => `d${n}.test`);
  const sink = keep(await RecordingSink.start({ port: await freePort() }));
  const dns = keep(await DnsServer.start(names.flatMap((name) => site(name, '127.0.0.1'))));
  relay = keep(
    await Staffetta.start({
      env: {
        DELIVERY_REMOTE_PORT: String(sink.port),
        DNS_SERVERS: dns.address,
        SMTP_RELAY_NETWORKS: '127.0.0.0/8',
        GRPC_PORT: String(await freePort()),
        TELEMETRY_LOG_LEVEL: 'debug',
      },
    }),
  );
  await relay.must(['domain', 'add', 'local.test', '--local']);
  await relay.must(['account', 'add', BOB.user, '--password-stdin'], `${BOB.password}\n`);
  await fill(await databaseUrl(relay));
  const client = await SmtpClient.open({ port: relay.ports.submissions, tls: true });
  await client.login(BOB.user, BOB.password);
  const recipients = [...names.map((name) => `a@${name}`), BOB.user, 'a@nowhere.test'];
  const message = Buffer.from('X-Id: one\r\nSubject: one\r\n\r\nTo many\r\n');
  const reply = await client.send(BOB.user, recipients, message);
  await client.quit();
  queued = /queued as ([0-9a-f]{32})/.exec(reply.text)?.[1] ?? '';
  assert.notEqual(queued, '', reply.text);
  await waitFor('the mail is out', LOOK_TIMEOUT_MS, () => sink.total >= REACHED);
});

after(async () => {
  for (const one of started.toReversed()) await one.stop();
});

test('the list in the docs is what a process exposes, with types, words and labels', async () => {
  const exposed = exposedMetrics(await metricsText());
  const documented = new Map(documentedMetrics().map((metric) => [metric.name, metric]));
  const words = ({ name, type, help }: (typeof exposed)[number]): string =>
    `${name} ${type}: ${help}`;
  assert.deepEqual(exposed.map(words).toSorted(), [...documented.values()].map(words).toSorted());
  for (const { name, labels } of exposed) {
    if (labels.length === 0) continue;
    assert.deepEqual(labels.toSorted(), documented.get(name)?.labels.toSorted(), name);
  }
});

test(`fewer than ${SERIES_MAX} series with ${TENANTS} tenants and ${DOMAINS} domains, none with a domain or an address`, async (t) => {
  let text = '';
  await waitFor('the largest tenants were looked at', LOOK_TIMEOUT_MS, async () => {
    text = await metricsText();
    return text.includes('tenant="other"');
  });
  const series = seriesOf(text);
  t.diagnostic(`${series.length} series`);
  assert.ok(series.length < SERIES_MAX, `${series.length} series`);
  assert.ok(series.length > documentedMetrics().length);
  assert.doesNotMatch(text, /\b(d\d+|local|nowhere)\.test\b|@|127\.0\.0\.1/);
  const tenants = new Set([...text.matchAll(/tenant="([^"]+)"/g)].map(([, name]) => name));
  assert.equal(tenants.size, 51);
  const largest = new RegExp(
    `^staffetta_tenant_recipients\\{tenant="t-${TENANTS}",outcome="accepted"\\} ${TENANTS}$`,
    'm',
  );
  assert.match(text, largest);
  assert.match(text, /^staffetta_ledger_difference 0$/m);
});

test('the log has JSON lines, the id of the message in each that is about one, and no secret', async () => {
  const lines = relay.log().split('\n');
  const parsed = lines
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const outcomes = parsed.filter(({ msg }) => ['delivered', 'bounced'].includes(String(msg)));
  assert.ok(outcomes.length > REACHED, `${outcomes.length} outcomes`);
  assert.ok(outcomes.every(({ messageId }) => /^[0-9a-f]{32}$/.test(String(messageId))));
  assert.ok(outcomes.filter(({ messageId }) => messageId === queued).length > REACHED);
  const encoded = Buffer.from(`\0${BOB.user}\0${BOB.password}`).toString('base64');
  const token = (await relay.must(['apikey', 'add', 'k', '--tenant', 'default', '--json'])).trim();
  const { key } = JSON.parse(token) as { key: string };
  await fetch(`http://127.0.0.1:${relay.ports.api}/api/v1/transmissions`, {
    method: 'POST',
    headers: { authorization: key, 'content-type': 'application/json' },
    body: '{ "broken',
  });
  const log = relay.log();
  for (const secret of [BOB.password, encoded, key]) {
    assert.ok(secret.length > 8);
    assert.ok(!log.includes(secret), 'a secret stands in the log');
  }
  assert.doesNotMatch(log, /postgres(ql)?:\/\/[^\s:/]+:(?!\[hidden\])[^\s@]+@/);
});

async function metricsText(): Promise<string> {
  const reply = await fetch(`http://127.0.0.1:${relay.ports.telemetry}/metrics`);
  assert.equal(reply.status, 200);
  return reply.text();
}

/** Tenants, domains, and what a day of mail leaves in the ledger. */
async function fill(url: string): Promise<void> {
  const database = new Database({ url, connectionsMax: 1, applicationName: 'test' });
  try {
    await database.query(
      `insert into tenant (id) select 't-' || n from generate_series(1, ${TENANTS}) n`,
    );
    await database.query(
      `insert into domain (name, tenant_id, kind)
       select 'x' || n || '.test', 't-' || 1 + n % ${TENANTS}, 'relay'
       from generate_series(1, ${DOMAINS}) n`,
    );
    await database.query(
      `insert into ledger (tenant_id, hour, type, count)
       select 't-' || n, date_trunc('hour', now()), type, n
       from generate_series(1, ${TENANTS}) n, unnest(array['accepted', 'delivered']) type`,
    );
    await database.query('update directory_version set version = version + 1');
  } finally {
    await database.close();
  }
}

function keep<T extends { stop(): unknown }>(one: T): T {
  started.push(one);
  return one;
}
