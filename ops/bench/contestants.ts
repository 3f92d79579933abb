/** Who is measured: each takes mail for one relay domain on a port of its own and gives it to a sink of its own. */
import { DnsServer, site } from '../../tools/harness/dns-server.ts';
import { freePort } from '../../tools/harness/free-ports.ts';
import { Postfix } from '../../tools/harness/postfix.ts';
import { processTree } from '../../tools/harness/processes.ts';
import { SmtpSink } from '../../tools/harness/smtp-sink.ts';
import { Staffetta } from '../../tools/harness/staffetta.ts';

export const DOMAIN = 'example.test';

export interface Contestant {
  readonly name: string;
  readonly port: number;
  readonly sink: SmtpSink;
  /** All its processes that live now, the database's too. */
  pids(): number[];
  /** Messages it still holds. */
  queueLength(): Promise<number>;
  stop(): Promise<void>;
}

export async function startPostfix(): Promise<Contestant> {
  const sink = await SmtpSink.start({ port: await freePort() });
  const postfix = await Postfix.start({
    domain: DOMAIN,
    nextHopHost: '127.0.0.1',
    nextHopPort: sink.port,
  });
  return {
    name: 'postfix',
    port: postfix.port,
    sink,
    pids: () => processTree(postfix.masterPid),
    queueLength: async () => postfix.queueLength(),
    stop: async () => {
      await postfix.stop();
      await sink.stop();
    },
  };
}

export interface StaffettaContestant extends Contestant {
  readonly staffetta: Staffetta;
  /** Keys that a further process on the same database needs. */
  readonly env: Readonly<Record<string, string>>;
}

export async function startStaffetta(
  nodeOptions: readonly string[] = [],
): Promise<StaffettaContestant> {
  const sink = await SmtpSink.start({ port: await freePort() });
  const dns = await DnsServer.start([
    ...site(DOMAIN, '127.0.0.1'),
    ...site('load.test', '127.0.0.1'),
  ]);
  const env = { DELIVERY_REMOTE_PORT: String(sink.port), DNS_SERVERS: dns.address };
  const staffetta = await Staffetta.start({ env, nodeOptions });
  await staffetta.must(['domain', 'add', DOMAIN, '--relay']);
  return {
    name: 'staffetta',
    port: staffetta.ports.mx,
    sink,
    staffetta,
    env,
    pids: () => staffetta.pids(),
    queueLength: () => staffetta.queueLength(),
    stop: async () => {
      await staffetta.stop();
      await dns.stop();
      await sink.stop();
    },
  };
}

/** The same Staffetta with a second delivery process on its database. */
export async function withSecondDelivery(first: StaffettaContestant): Promise<Contestant> {
  const configuration = await first.staffetta.must(['config', 'show']);
  const url = /postgres(?:ql)?:\/\/[^\s"']+/.exec(configuration)?.[0];
  if (url === undefined) throw new Error('config show names no database.url');
  const second = await Staffetta.start({
    env: { ...first.env, DATABASE_URL: url },
    services: ['delivery'],
  });
  return {
    ...first,
    name: 'staffetta with a second delivery process',
    pids: () => [...first.pids(), ...second.pids()],
    stop: () => second.stop(),
  };
}
