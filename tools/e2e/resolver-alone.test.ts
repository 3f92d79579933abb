/** Resolver, router, delivery and ingress in processes of their own: only the resolver can reach the DNS. */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { after, test } from 'node:test';
import { databaseUrl } from '../harness/database-url.ts';
import { DnsServer, site } from '../harness/dns-server.ts';
import { freePort } from '../harness/free-ports.ts';
import { writeMutualTls } from '../harness/mutual-tls.ts';
import { RecordingSink } from '../harness/recording-sink.ts';
import { SmtpClient } from '../harness/smtp-client.ts';
import { Staffetta } from '../harness/staffetta.ts';
import { tempFolder } from '../harness/temp-folder.ts';
import { waitFor } from '../harness/wait.ts';

const ARRIVE_TIMEOUT_MS = 30_000;
const AWAY_TIMEOUT_MS = 20_000;
const DOMAINS = ['one.test', 'two.test', 'three.test'];

const started: { stop(): unknown }[] = [];

after(async () => {
  for (const one of started.toReversed()) await one.stop();
});

test('mail finds its way through the resolver, and waits while that one is away', async () => {
  const sink = keep(await RecordingSink.start({ port: await freePort() }));
  const zone = DOMAINS.flatMap((name) => site(name, '127.0.0.1'));
  const dns = keep(await DnsServer.start(zone));
  const dead = keep(await deadDns());
  const env = {
    ...(await writeMutualTls(keep(tempFolder('grpc-tls')).path)),
    DELIVERY_REMOTE_PORT: String(sink.port),
    DELIVERY_RETRY_MIN_MS: '500',
    DELIVERY_RETRY_MAX_MS: '1000',
    DNS_SERVERS: dead.address,
  };
  const first = keep(await Staffetta.start({ env, services: ['events', 'dashboard'] }));
  for (const domain of DOMAINS) await first.must(['domain', 'add', domain, '--relay']);
  const DATABASE_URL = await databaseUrl(first);
  const start = async (service: string, more = {}): Promise<Staffetta> =>
    keep(await Staffetta.start({ env: { ...env, DATABASE_URL, ...more }, services: [service] }));
  const resolver = await start('resolver', { DNS_SERVERS: dns.address });
  // One way to find it for each: the table of instances, and the configuration.
  await start('router');
  const delivery = await start('delivery', {
    GRPC_TARGETS_RESOLVER: `127.0.0.1:${resolver.ports.grpc}`,
  });
  const ingress = await start('ingress');
  const send = async (id: string, domain: string): Promise<void> => {
    const client = await SmtpClient.open({ port: ingress.ports.mx });
    const content = Buffer.from(`X-Id: ${id}\r\nSubject: ${id}\r\n\r\n${id}\r\n`);
    const reply = await client.send('sender@one.test', [`a@${domain}`], content);
    await client.quit();
    assert.match(reply.text, /^250 /);
  };

  await send('first', 'one.test');
  await waitFor('it is at the sink', ARRIVE_TIMEOUT_MS, () => sink.arrivals.has('first'));
  assert.equal(dead.questions(), 0);

  await resolver.killNode();
  await send('second', 'two.test');
  await waitFor('it is deferred', AWAY_TIMEOUT_MS, async () => {
    const reply = await fetch(`http://127.0.0.1:${delivery.ports.telemetry}/metrics`);
    return /recipients_total\{outcome="deferred"\} [1-9]/.test(await reply.text());
  });
  await resolver.start();
  await waitFor('what waited is at the sink', ARRIVE_TIMEOUT_MS, () => sink.arrivals.has('second'));
  await send('third', 'three.test');
  await waitFor('new mail too', ARRIVE_TIMEOUT_MS, () => sink.arrivals.has('third'));
  // Nothing came back to the sender, nothing came twice.
  assert.deepEqual([...sink.arrivals.keys()], ['first', 'second', 'third']);
  assert.equal(sink.total, 3);
});

function keep<T extends { stop(): unknown }>(one: T): T {
  started.push(one);
  return one;
}

/** A DNS server that counts questions and answers none. */
async function deadDns(): Promise<{ address: string; questions(): number; stop(): void }> {
  const socket = createSocket('udp4');
  let questions = 0;
  socket.on('message', () => void questions++);
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    address: `127.0.0.1:${socket.address().port}`,
    questions: () => questions,
    stop: () => socket.close(),
  };
}
