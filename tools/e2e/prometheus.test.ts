/** A real Prometheus scrapes a running relay: every query of every panel and rule is understood and returns data. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { DnsServer, site } from '../harness/dns-server.ts';
import { freePort } from '../harness/free-ports.ts';
import { RecordingSink } from '../harness/recording-sink.ts';
import { ServerProcess } from '../harness/server-process.ts';
import { SickServer } from '../harness/sick-server.ts';
import { SmtpClient } from '../harness/smtp-client.ts';
import { Staffetta } from '../harness/staffetta.ts';
import { tempFolder } from '../harness/temp-folder.ts';
import { waitFor } from '../harness/wait.ts';
import { RULE_FILES, allRules, filledIn, panelQueries, scalingQuery } from '../observe/queries.ts';
import { repository } from '../steps.ts';

const START_TIMEOUT_MS = 30_000;
const DATA_TIMEOUT_MS = 120_000;
const FLOW_EVERY_MS = 1_000;
const HOSTS = { well: '127.0.0.1', slow: '127.0.0.2', never: '127.0.0.3' } as const;
const BOB = { user: 'bob@local.test', password: 'bob-secret-1' };
/** What only a cluster has, or what did not happen here: these must be understood, no more. */
const NOTHING_HERE = [
  // One process asks itself directly.
  /staffetta_grpc_(client|server)_call/,
  // No worker came or went, none lost a reply.
  /staffetta_lane_handover/,
];

const started: { stop(): unknown }[] = [];
let relay: Staffetta;
let url = '';

before(async () => {
  const port = await freePort();
  const sink = keep(await RecordingSink.start({ port }));
  keep(await SickServer.start('5xx', [HOSTS.never], port));
  keep(await SickServer.start('4xx', [HOSTS.slow], port));
  const zone = Object.entries(HOSTS).flatMap(([name, host]) => site(`${name}.test`, host));
  const dns = keep(await DnsServer.start(zone));
  const env = {
    DELIVERY_REMOTE_PORT: String(port),
    DNS_SERVERS: dns.address,
    SMTP_RELAY_NETWORKS: '127.0.0.0/8',
  };
  relay = keep(await Staffetta.start({ env }));
  await relay.must(['domain', 'add', 'local.test', '--local']);
  await relay.must(['account', 'add', BOB.user, '--password-stdin'], `${BOB.password}\n`);
  url = await startPrometheus();
  await flow();
  await waitFor('the first mail is out', DATA_TIMEOUT_MS, () => sink.total > 0);
});

after(async () => {
  for (const one of started.toReversed()) await one.stop();
});

test('every query is understood and returns data while mail flows', async () => {
  const queries = [
    scalingQuery(),
    ...panelQueries().map(({ place, expr }) => ({ place, expr: filledIn(expr) })),
    ...allRules().flatMap(({ record, alert, expr }) => {
      const place = record ?? alert ?? '';
      return (alert === undefined ? [expr] : compared(expr)).map((one) => ({ place, expr: one }));
    }),
  ];
  let empty = queries;
  const look = async (): Promise<boolean> => {
    await flow();
    const left: typeof queries = [];
    for (const query of empty) if (!(await hasData(query.expr))) left.push(query);
    empty = left.filter(({ expr }) => !NOTHING_HERE.some((pattern) => pattern.test(expr)));
    return empty.length === 0;
  };
  const end = performance.now() + DATA_TIMEOUT_MS;
  while (!(await look()) && performance.now() < end) await sleep(FLOW_EVERY_MS);
  assert.deepEqual(empty, []);
});

test('no alert fires in a relay that is well', async () => {
  const reply = await fetch(`${url}/api/v1/alerts`);
  const { data } = (await reply.json()) as {
    data: { alerts: readonly { state: string; labels: { alertname: string } }[] };
  };
  const firing = data.alerts.filter(({ state }) => state === 'firing');
  assert.deepEqual(
    firing.map(({ labels }) => labels.alertname),
    [],
  );
});

/** What an alert compares, without the comparison: it must be there, and that it is not true is good. */
function compared(expr: string): readonly string[] {
  return expr
    .split(/\n(?:and|or) /)
    .filter((part) => !part.startsWith('absent('))
    .map((part) => part.trim().replace(/ (?:>|<|==) [\d. *]+$/, ''));
}

async function hasData(expr: string): Promise<boolean> {
  const reply = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(expr)}`);
  const { status, data, error } = (await reply.json()) as {
    status: string;
    error?: string;
    data?: { result: readonly unknown[] };
  };
  assert.equal(status, 'success', `${expr}: ${error}`);
  return (data?.result.length ?? 0) > 0;
}

/** Mail of every kind: out, refused by its server, into a mailbox, by LMTP, refused at once, by the API. */
async function flow(): Promise<void> {
  const message = Buffer.from('X-Id: one\r\nSubject: one\r\n\r\nOne\r\n');
  const client = await SmtpClient.open({ port: relay.ports.submissions, tls: true });
  await client.login(BOB.user, BOB.password);
  await client.send(BOB.user, [BOB.user, 'a@well.test', 'a@slow.test', 'a@never.test'], message);
  await client.quit();
  const bulk = Buffer.concat([Buffer.from('X-Staffetta-Class: bulk\r\n'), message]);
  for (const [to, content] of [
    ['a@well.test', bulk],
    ['nobody@local.test', message],
  ] as const) {
    const peer = await SmtpClient.open({ port: relay.ports.submission });
    await peer.send('', [to], content);
    await peer.quit();
  }
  const lmtp = await SmtpClient.open({ port: relay.ports.lmtp, lmtp: true });
  await lmtp.send('', [BOB.user], message);
  await lmtp.quit();
  await fetch(`http://127.0.0.1:${relay.ports.api}/api/v1/transmissions`, { method: 'POST' });
}

async function startPrometheus(): Promise<string> {
  const folder = tempFolder('prometheus');
  const data = join(folder.path, 'data');
  mkdirSync(data);
  const file = join(folder.path, 'prometheus.yaml');
  const configuration = {
    global: { scrape_interval: '1s', evaluation_interval: '2s' },
    rule_files: RULE_FILES.map((name) => join(repository, 'ops/prometheus', name)),
    scrape_configs: [
      {
        job_name: 'staffetta',
        static_configs: [
          {
            targets: [`127.0.0.1:${relay.ports.telemetry}`],
            labels: { namespace: 'mail' },
          },
        ],
      },
    ],
  };
  // JSON is YAML.
  writeFileSync(file, JSON.stringify(configuration));
  const listen = `127.0.0.1:${await freePort()}`;
  const server = await ServerProcess.start({
    command: [
      'prometheus',
      `--config.file=${file}`,
      `--storage.tsdb.path=${data}`,
      `--web.listen-address=${listen}`,
    ],
    logFile: join(folder.path, 'log'),
  });
  keep({
    async stop() {
      await server.stop();
      folder.stop();
    },
  });
  await waitFor('Prometheus is ready', START_TIMEOUT_MS, async () => {
    if (server.hasExited) throw new Error(server.log());
    const reply = await fetch(`http://${listen}/-/ready`).catch(() => undefined);
    return reply?.status === 200;
  });
  return `http://${listen}`;
}

function keep<T extends { stop(): unknown }>(one: T): T {
  started.push(one);
  return one;
}
