/** One large message through a cluster in which no process can read the folder of another. */
import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import { ImapFlow } from 'imapflow';
import { chosenLog } from './chosen-log.ts';
import { Cluster } from './cluster.ts';
import type { Member } from './cluster.ts';
import { DnsServer, site } from './dns-server.ts';
import { freePort } from './free-ports.ts';
import type { Point } from './point.ts';
import { SmtpClient } from './smtp-client.ts';
import { ACCEPTED, serveSink } from './sink-session.ts';
import { waitFor } from './wait.ts';

const SIZE_BYTES = 5_000_000;
/** So many sites that every worker has some of them among its lanes. */
const SITES = 16;
const USER = { user: 'large@local.test', password: 'large-secret-1' } as const;
const ARRIVE_TIMEOUT_MS = 60_000;
const LINE_BYTES = 57;

/** Bounds that each worker delivered it, and that both mailbox nodes give it by IMAP, byte for byte. */
export async function largeMessage(point: Point): Promise<void> {
  const sink = point.atEnd(await LargeSink.start());
  const domains = Array.from({ length: SITES }, (_, at) => `large${at}.test`);
  const zone = domains.flatMap((domain, at) => site(domain, `127.0.60.${at + 1}`));
  const dns = point.atEnd(await DnsServer.start(zone));
  const log = chosenLog();
  const cluster = point.atEnd(
    await Cluster.start({
      log,
      env: {
        DELIVERY_REMOTE_PORT: String(sink.port),
        DNS_SERVERS: dns.address,
        SMTP_RELAY_NETWORKS: '127.0.0.1/32',
      },
    }),
  );
  await cluster.must(['domain', 'add', 'local.test', '--local']);
  await cluster.must(['account', 'add', USER.user, '--password-stdin'], `${USER.password}\n`);
  const content = largeContent();
  const client = await SmtpClient.open({ port: cluster.ports.mx });
  const recipients = [USER.user, ...domains.map((domain) => `r@${domain}`)];
  const reply = await client.send('', recipients, content);
  await client.quit();
  point.bound('5 MB: taken in by one ingress', reply.code === 250, reply.text);
  await waitFor('it is at all sites', ARRIVE_TIMEOUT_MS, () => sink.arrivals.length === SITES);

  const digest = digestOf(content);
  const workers = cluster.of('delivery').map(({ name }) => name);
  const whole = sink.arrivals.filter((arrival) => arrival.digest === digest);
  const by = new Set(whole.map(({ from }) => from.split('.')[0]));
  const idle = workers.filter((name) => !by.has(name));
  point.bound('5 MB: delivered by each worker', idle.length === 0, [...by].sort());
  point.bound('5 MB: every copy is whole', whole.length === SITES, whole.length);
  for (const member of cluster.of('mailbox')) {
    const read = await readByImap(member);
    const isWhole = digestOf(read.subarray(read.length - content.length)) === digest;
    point.bound(`5 MB: read by IMAP on ${member.name}`, isWhole, read.length);
  }
  await cluster.stop();
}

function largeContent(): Buffer {
  const line = (): string => `${randomBytes(LINE_BYTES).toString('base64')}\r\n`;
  const lines = Array.from({ length: Math.ceil(SIZE_BYTES / line().length) }, line);
  return Buffer.from(`From: a@load.test\r\nSubject: large\r\n\r\n${lines.join('')}`);
}

function digestOf(bytes: Buffer | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function readByImap({ process }: Member): Promise<Buffer> {
  const client = new ImapFlow({
    host: '127.0.0.1',
    port: process.ports.imaps,
    secure: true,
    tls: { rejectUnauthorized: false },
    auth: { user: USER.user, pass: USER.password },
    logger: false,
  });
  await client.connect();
  try {
    await waitFor('it is in the mailbox', ARRIVE_TIMEOUT_MS, async () => {
      const status = await client.status('INBOX', { messages: true });
      return status !== false && status.messages === 1;
    });
    await client.mailboxOpen('INBOX', { readOnly: true });
    const message = await client.fetchOne('1', { source: true });
    return message === false ? Buffer.alloc(0) : (message.source ?? Buffer.alloc(0));
  } finally {
    await client.logout();
  }
}

interface LargeArrival {
  readonly from: string;
  /** Of what was sent to the relay: without what it put before it. */
  readonly digest: string;
}

/** Takes everything, and keeps of it who brought it and its digest. */
class LargeSink {
  readonly arrivals: LargeArrival[] = [];
  readonly port: number;
  readonly #server = createServer((socket) =>
    serveSink(socket, {
      keptMaxBytes: 2 * SIZE_BYTES,
      onMessage: ({ text, ehlo }) => {
        const begin = text.indexOf('From: a@load.test');
        const digest = digestOf(Buffer.from(text.slice(begin), 'latin1'));
        this.arrivals.push({ from: ehlo, digest });
        return ACCEPTED;
      },
    }),
  );

  private constructor(port: number) {
    this.port = port;
  }

  /** On every address of loopback. */
  static async start(): Promise<LargeSink> {
    const sink = new LargeSink(await freePort());
    await new Promise<void>((resolve) => sink.#server.listen(sink.port, '0.0.0.0', resolve));
    return sink;
  }

  stop(): void {
    this.#server.close();
  }
}
