/** A delivery worker that stands still for longer than its lease, and goes on: it can neither settle nor deliver. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { HoldingSmtpSink } from '@staffetta/testing';
import { DnsServer, site } from '../harness/dns-server.ts';
import { databaseUrl } from '../harness/database-url.ts';
import { SmtpClient } from '../harness/smtp-client.ts';
import { Staffetta } from '../harness/staffetta.ts';
import { waitFor } from '../harness/wait.ts';

const DOMAIN = 'example.test';
const CONNECTIONS = 3;
const MESSAGES = 6;
const TIMEOUT_MS = 60_000;
/** Two looks of a worker for what it may do. */
const LOOKS_MS = 2_500;

const started: { stop(): unknown }[] = [];

after(async () => {
  for (const one of started.toReversed()) await one.stop();
});

test('SIGSTOP for longer than the lease, then SIGCONT', async () => {
  const sink = keep(await HoldingSmtpSink.start());
  const dns = keep(await DnsServer.start(site(DOMAIN, '127.0.0.1')));
  const env = {
    DELIVERY_REMOTE_PORT: String(sink.port),
    DELIVERY_CONNECTIONS_PER_SITE_MAX: String(CONNECTIONS),
    DELIVERY_ALLOW_LOOPBACK: 'true',
    DNS_SERVERS: dns.address,
  };
  const services = ['events', 'resolver', 'router', 'ingress', 'dashboard'];
  const others = keep(await Staffetta.start({ env, services }));
  const DATABASE_URL = await databaseUrl(others);
  const worker = async (): Promise<Staffetta> =>
    keep(await Staffetta.start({ env: { ...env, DATABASE_URL }, services: ['delivery'] }));
  const stopped = await worker();
  await others.must(['domain', 'add', DOMAIN, '--relay']);

  sink.isHolding = true;
  const client = await SmtpClient.open({ port: others.ports.mx });
  for (let number = 0; number < MESSAGES; number += 1) {
    const reply = await client.send(
      '',
      [`m${number}@${DOMAIN}`],
      Buffer.from('Subject: s\r\n\r\n'),
    );
    assert.match(reply.text, /^250/);
  }
  await client.quit();
  await waitFor('the final dots', TIMEOUT_MS, () => sink.held === CONNECTIONS);
  stopped.signal('SIGSTOP');
  const next = await worker();
  await waitFor('the mail is at the other worker', TIMEOUT_MS, () => holds(next, 'messages', 1));
  // The stopped one has its connections, so the other one may have none.
  await new Promise((resolve) => setTimeout(resolve, LOOKS_MS));
  assert.deepEqual([sink.connections, sink.arrivals.length], [CONNECTIONS, CONNECTIONS]);
  sink.release();
  stopped.signal('SIGCONT');
  await waitFor(
    'all of the mail',
    TIMEOUT_MS,
    () => sink.arrivals.length === MESSAGES + CONNECTIONS,
  );

  const counts = new Map<string, number>();
  for (const { recipient } of sink.arrivals)
    counts.set(recipient, (counts.get(recipient) ?? 0) + 1);
  assert.equal(counts.size, MESSAGES);
  // Those three may have been delivered, as their final dots were sent; nothing else comes twice.
  assert.deepEqual([...counts.values()].sort(), [1, 1, 1, 2, 2, 2]);
  assert.ok(sink.connectionsMax <= CONNECTIONS, `${sink.connectionsMax} connections`);
  await waitFor('the ledger balances', TIMEOUT_MS, async () => {
    const { code, stdout } = await others.cli(['ledger', 'check', '--json']);
    return code === 0 && (JSON.parse(stdout) as { waiting?: number }).waiting !== undefined;
  });
  assert.equal(await stopped.terminate(), 0, stopped.log());
  assert.equal(await next.terminate(), 0, next.log());
});

/** Whether a worker's gauge is at least so much. */
async function holds(staffetta: Staffetta, what: 'messages', least: number): Promise<boolean> {
  const reply = await fetch(`http://127.0.0.1:${staffetta.ports.telemetry}/metrics`);
  const text = await reply.text();
  const found = new RegExp(`^staffetta_delivery_ready_${what} (\\d+)`, 'm').exec(text);
  return Number(found?.[1] ?? 0) >= least;
}

function keep<Started extends { stop(): unknown }>(one: Started): Started {
  started.push(one);
  return one;
}
