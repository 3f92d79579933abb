/** What is outside of the cluster, on this machine: PostgreSQL, DNS, other mail servers, and clients. */
import { ClusterPostgres } from '../../harness/cluster-postgres.ts';
import { DnsServer, site } from '../../harness/dns-server.ts';
import { freePort } from '../../harness/free-ports.ts';
import { TrackedLoad } from '../../harness/load.ts';
import { RecordingSink } from '../../harness/recording-sink.ts';
import { idOf } from '../../harness/sink-session.ts';
import { BALANCED, OUTSIDE, POD_NETWORKS } from './node-network.ts';

/** More than there are lanes, so that each worker has some. */
const SITES = 100;
/** Of all mail; a peer of relayNetworks sends as any domain of its tenant. */
export const SENDER_DOMAIN = 'sender.test';
const SESSIONS = 8;
const SIZE_BYTES = 10_240;
const SMTP_PORT = 25;
const POSTGRES = { address: OUTSIDE.v4, networks: [POD_NETWORKS.v4] };
/** CoreDNS asks it. */
const DNS = { address: OUTSIDE.v4, network: '198.51.100.0/24' };
const PEER = /^Received: from \S+ \(\[(?:IPv6:)?([^\]]+)\]\)/m;

export interface LoadOptions {
  readonly name: string;
  readonly perSecond: number;
  /** From which of this machine's addresses; the family tells to which of the Service by SMTP. */
  readonly from?: string;
  readonly messagesMax?: number;
  /** All sites in turn, unless told. */
  to?(number: number): string;
}

export class Outside {
  readonly databaseUrl: string;
  readonly dnsPort: number;
  /** All sites at once, told apart by the names of their MX hosts. */
  readonly sink: RecordingSink;
  /** By `X-Id`: the address that brought the message to the relay, as its Received field has it. */
  readonly peers: ReadonlyMap<string, string>;
  readonly #parts: readonly { stop(): unknown }[];

  private constructor(
    databaseUrl: string,
    dns: DnsServer,
    sink: RecordingSink,
    peers: ReadonlyMap<string, string>,
    parts: readonly { stop(): unknown }[],
  ) {
    this.databaseUrl = databaseUrl;
    this.dnsPort = Number(dns.address.split(':')[1]);
    this.sink = sink;
    this.peers = peers;
    this.#parts = parts;
  }

  static async start(): Promise<Outside> {
    const parts: { stop(): unknown }[] = [];
    try {
      const postgres = await ClusterPostgres.start(POSTGRES);
      parts.push(postgres);
      const sites = Array.from({ length: SITES }, (_, at) => site(domainOf(at), OUTSIDE.v4));
      const dns = await DnsServer.start(sites.flat(), DNS);
      parts.push(dns);
      const peers = new Map<string, string>();
      const sink = await RecordingSink.start({
        host: OUTSIDE.v4,
        port: await freePort(OUTSIDE.v4),
        onMessage: (message) => {
          peers.set(idOf(message) ?? '', PEER.exec(message.text)?.[1] ?? '');
        },
      });
      parts.push(sink);
      return new Outside(postgres.urlThrough(POSTGRES), dns, sink, peers, parts);
    } catch (error) {
      for (const part of parts.toReversed()) await part.stop();
      throw error;
    }
  }

  /** A client of the Service by SMTP that keeps its connections and comes again after a 421. */
  load({ from = OUTSIDE.v4, ...options }: LoadOptions): TrackedLoad {
    return new TrackedLoad({
      to: (number) => `r${number}@${domainOf(number)}`,
      ...options,
      target: {
        host: from.includes(':') ? BALANCED.smtp.v6 : BALANCED.smtp.v4,
        port: SMTP_PORT,
        localAddress: from,
      },
      sessions: SESSIONS,
      sizeBytes: SIZE_BYTES,
      from: `sender@${SENDER_DOMAIN}`,
    });
  }

  async stop(): Promise<void> {
    for (const part of this.#parts.toReversed()) await part.stop();
  }
}

/** Where the message of this number goes. */
export function domainOf(number: number): string {
  return `site${number % SITES}.test`;
}
