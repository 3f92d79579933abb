/** All-in-one and a cluster, each between sources and sinks of its own, with mail for eight sites. */
import { Cluster } from '../../tools/harness/cluster.ts';
import type { LogKind } from '../../tools/harness/cluster.ts';
import { DnsServer, site } from '../../tools/harness/dns-server.ts';
import { freePort } from '../../tools/harness/free-ports.ts';
import { RecordingSink } from '../../tools/harness/recording-sink.ts';
import type { Relay } from '../../tools/harness/relay.ts';
import { SmtpSink } from '../../tools/harness/smtp-sink.ts';
import { Staffetta } from '../../tools/harness/staffetta.ts';

const SITES = 8;
/** Where what is timed message by message goes: a sink that remembers each. */
const TIMED_HOST = '127.0.0.2';
export const TIMED_DOMAIN = 'timed.test';
/** What is only counted goes here. */
export const DOMAINS: readonly string[] = Array.from(
  { length: SITES },
  (_, at) => `bench${at}.test`,
);

/** What is measured: a relay between sources and sinks of its own. */
export interface Bench {
  readonly name: string;
  readonly relay: Relay;
  /** The MX doors. */
  readonly doors: readonly number[];
  readonly sink: SmtpSink;
  readonly timedSink: RecordingSink;
  stop(): Promise<void>;
}

export async function startAllInOne(): Promise<Bench> {
  const scene = await startSinks();
  const relay = await Staffetta.start({ env: scene.env });
  return finish('all in one', relay, [relay.ports.mx], scene);
}

export async function startCluster(
  log: LogKind,
  delivery: number,
): Promise<{ readonly bench: Bench; readonly cluster: Cluster }> {
  const scene = await startSinks();
  const { env } = scene;
  const cluster = await Cluster.start({ log, env, replicas: { delivery }, compilers: 'all' });
  const doors = cluster.of('ingress').map((member) => member.process.ports.mx);
  return { bench: await finish('cluster', cluster, doors, scene), cluster };
}

interface Sinks {
  readonly sink: SmtpSink;
  readonly timedSink: RecordingSink;
  readonly dns: DnsServer;
  readonly env: Readonly<Record<string, string>>;
}

async function startSinks(): Promise<Sinks> {
  const sink = await SmtpSink.start({ port: await freePort() });
  const timedSink = await RecordingSink.start({ host: TIMED_HOST, port: sink.port });
  const zone = [...DOMAINS, 'load.test'].flatMap((domain) => site(domain, '127.0.0.1'));
  const dns = await DnsServer.start([...zone, ...site(TIMED_DOMAIN, TIMED_HOST)]);
  const env = {
    DELIVERY_REMOTE_PORT: String(sink.port),
    DNS_SERVERS: dns.address,
    SMTP_RELAY_NETWORKS: '127.0.0.1/32',
  };
  return { sink, timedSink, dns, env };
}

async function finish(
  name: string,
  relay: Relay,
  doors: readonly number[],
  { sink, timedSink, dns }: Sinks,
): Promise<Bench> {
  // A peer of relayNetworks sends as any domain of its tenant.
  await relay.must(['domain', 'add', 'load.test', '--relay']);
  const stop = async (): Promise<void> => {
    await relay.stop();
    await dns.stop();
    await timedSink.stop();
    await sink.stop();
  };
  return { name, relay, doors, sink, timedSink, stop };
}
