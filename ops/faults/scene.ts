/** A cluster under steady load to fifty sites, of which some defer, some refuse and some are dead. */
import { Cluster } from '../../tools/harness/cluster.ts';
import type { LogKind } from '../../tools/harness/cluster.ts';
import { DnsServer, site } from '../../tools/harness/dns-server.ts';
import { freePort } from '../../tools/harness/free-ports.ts';
import { TrackedLoad } from '../../tools/harness/load.ts';
import { SiteServers } from '../../tools/harness/site-servers.ts';
import type { SiteKind, SitePlan } from '../../tools/harness/site-servers.ts';

/** Site 0 takes the DSNs. */
const SITES = 50;
const DEFERRING = 5;
const REFUSING = 5;
const DEAD = 5;
/** Of all mail. */
export const SENDER = 'sender@site0.test';
const SIZE_BYTES = 10_240;
const SESSIONS = 20;
/** So much of what goes round the sites is for the dead ones: they would only fill the database. */
const DEAD_EVERY_ROUNDS = 10;

/** The limits set for every site. */
export const CONNECTIONS_MAX = 4;
/** More than the load brings to one site: what an outage left comes at this rate. */
export const PER_SECOND_MAX = 40;

export interface FaultScene {
  readonly cluster: Cluster;
  readonly sites: SiteServers;
  /** Whom the message of this number goes to: all sites in turn. */
  recipient(number: number): string;
  /** Mail for all sites in turn, at an even rate, by all doors. */
  load(name: string, perSecond: number): TrackedLoad;
  stop(): Promise<void>;
}

export interface FaultSceneOptions {
  readonly log: LogKind;
  /** More of the cluster's configuration. */
  readonly env?: Readonly<Record<string, string>>;
  progress(text: string): void;
}

export async function startFaultScene(options: FaultSceneOptions): Promise<FaultScene> {
  const started: { stop(): unknown }[] = [];
  const stop = async (): Promise<void> => {
    for (const one of started.splice(0).toReversed()) await one.stop();
  };
  try {
    const plans = sitePlans();
    const sites = await SiteServers.start(await freePort(), plans);
    started.push(sites);
    const dns = await DnsServer.start(plans.flatMap(({ domain, host }) => site(domain, host)));
    started.push(dns);
    const cluster = await Cluster.start({
      log: options.log,
      progress: (text) => options.progress(`starting ${text}`),
      env: {
        DELIVERY_REMOTE_PORT: String(sites.port),
        DELIVERY_CONNECTIONS_PER_SITE_MAX: String(CONNECTIONS_MAX),
        DELIVERY_MESSAGES_PER_SECOND_PER_SITE: String(PER_SECOND_MAX),
        DELIVERY_RETRY_MIN_MS: '2000',
        DELIVERY_RETRY_MAX_MS: '15000',
        DNS_SERVERS: dns.address,
        SMTP_RELAY_NETWORKS: '127.0.0.1/32',
        ...options.env,
      },
    });
    started.push(cluster);
    // A peer of relayNetworks sends as any domain of its tenant.
    await cluster.must(['domain', 'add', 'site0.test', '--relay']);
    const recipient = (number: number): string => `r${number}@${plans[siteOf(number)]?.domain}`;
    const load = (name: string, perSecond: number): TrackedLoad =>
      new TrackedLoad({
        name,
        target: cluster.of('ingress').map((member) => ({ port: member.process.ports.mx })),
        sessions: SESSIONS,
        sizeBytes: SIZE_BYTES,
        from: SENDER,
        to: recipient,
        perSecond,
      });
    return { cluster, sites, recipient, load, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Round and round; the turn of a dead site is mostly given to a healthy one. */
function siteOf(number: number): number {
  const at = number % SITES;
  const round = Math.floor(number / SITES);
  const isDead = kindOf(at) === 'dead';
  return isDead && round % DEAD_EVERY_ROUNDS !== 0 ? at - DEAD - REFUSING - DEFERRING : at;
}

function sitePlans(): SitePlan[] {
  return Array.from({ length: SITES }, (_, at) => ({
    domain: `site${at}.test`,
    host: `127.0.50.${at + 1}`,
    kind: kindOf(at),
  }));
}

function kindOf(at: number): SiteKind {
  if (at >= SITES - DEAD) return 'dead';
  if (at >= SITES - DEAD - REFUSING) return 'refusing';
  return at >= SITES - DEAD - REFUSING - DEFERRING ? 'deferring' : 'healthy';
}
