/** A real Prometheus scrapes a running relay: every query of every panel and rule is understood and returns data. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { DnsServer, site } from '../harness/dns-server.ts';
import { sendEveryKind } from '../harness/every-kind.ts';
import { freePort } from '../harness/free-ports.ts';
import { Prometheus } from '../harness/prometheus.ts';
import { RecordingSink } from '../harness/recording-sink.ts';
import { SickServer } from '../harness/sick-server.ts';
import { Staffetta } from '../harness/staffetta.ts';
import { TraceCollector } from '../harness/trace-collector.ts';
import { waitFor } from '../harness/wait.ts';
import { everyQuery } from '../observe/queries.ts';

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
let prometheus: Prometheus;

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
    TELEMETRY_OTLP_ENDPOINT: keep(await TraceCollector.start()).endpoint,
    TELEMETRY_TRACES_SAMPLED: '1',
  };
  relay = keep(await Staffetta.start({ env }));
  await relay.must(['domain', 'add', 'local.test', '--local']);
  await relay.must(['account', 'add', BOB.user, '--password-stdin'], `${BOB.password}\n`);
  prometheus = keep(await Prometheus.start([relay.ports.telemetry]));
  await flow();
  await waitFor('the first mail is out', DATA_TIMEOUT_MS, () => sink.total > 0);
});

after(async () => {
  for (const one of started.toReversed()) await one.stop();
});

test('every query is understood and returns data while mail flows', async () => {
  let empty = everyQuery();
  const look = async (): Promise<boolean> => {
    await flow();
    const left = [];
    for (const query of empty) if (!(await prometheus.hasData(query.expr))) left.push(query);
    empty = left.filter(({ expr }) => !NOTHING_HERE.some((pattern) => pattern.test(expr)));
    return empty.length === 0;
  };
  const end = performance.now() + DATA_TIMEOUT_MS;
  while (!(await look()) && performance.now() < end) await sleep(FLOW_EVERY_MS);
  assert.deepEqual(empty, []);
});

test('no alert fires in a relay that is well', async () => {
  assert.deepEqual(await prometheus.firing(), []);
});

function flow(): Promise<void> {
  return sendEveryKind(relay.ports, BOB, ['a@well.test', 'a@slow.test', 'a@never.test']);
}

function keep<T extends { stop(): unknown }>(one: T): T {
  started.push(one);
  return one;
}
