/** A release of the chart on a node, with the world outside of it and a load balancer's addresses. */
import type { TrackedLoad } from '../../harness/load.ts';
import { SmtpClient } from '../../harness/smtp-client.ts';
import { waitFor } from '../../harness/wait.ts';
import type { ApiServer } from '../api-server.ts';
import { CHART } from '../rendered-cluster.ts';
import { fingerprintOf, makeCertificate, shownFingerprint } from './certificate.ts';
import { LoadBalancer } from './load-balancer.ts';
import { BALANCED } from './node-network.ts';
import type { OneNode } from './one-node.ts';
import { domainOf, SENDER_DOMAIN } from './outside.ts';
import type { Outside } from './outside.ts';
import { Release, RELEASE } from './release.ts';

const SMTP_SERVICE = `${RELEASE}-staffetta-smtp`;
const SMTP_PORT = 25;
const IMAPS_PORT = 993;
export const HOSTNAME = 'mx.example.com';
/** Of the certificate that the doors show. */
export const TLS_SECRET = 'mail-tls';
/** The kubelet brings it into the pods within a minute and a half. */
const RENEW_TIMEOUT_MS = 240_000;
const FLOW_TIMEOUT_MS = 60_000;
const END_TIMEOUT_MS = 120_000;
const CHANGE_TIMEOUT_MS = 60_000;
const LOOK_EVERY_MS = 500;

export interface HouseOptions {
  readonly helm: string;
  readonly node: OneNode;
  readonly outside: Outside;
  /** As `small`; also the namespace, in which no pod is let in that is not restricted. */
  readonly preset: string;
  /** Beside the preset's. */
  readonly values: object;
  /** By name: what is in them. */
  readonly secrets: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Whose command line reaches the release. */
  readonly commandPod: string;
}

interface ClusterDocument {
  readonly instances: readonly {
    readonly services: readonly string[];
    readonly alive: boolean;
    readonly ready: boolean;
    readonly lanes: number;
  }[];
}

export class House {
  readonly outside: Outside;
  readonly release: Release;
  /** From the command to the last pod being ready. */
  readonly installSeconds: number;
  readonly #node: OneNode;
  readonly #balancer: LoadBalancer;

  private constructor(
    { node, outside }: HouseOptions,
    release: Release,
    balancer: LoadBalancer,
    installSeconds: number,
  ) {
    this.#node = node;
    this.outside = outside;
    this.release = release;
    this.installSeconds = installSeconds;
    this.#balancer = balancer;
  }

  static async install(options: HouseOptions): Promise<House> {
    const { helm, preset, values, commandPod, node } = options;
    const { api } = node;
    await api.makeNamespace(preset);
    for (const [name, data] of Object.entries(options.secrets)) {
      await putSecret(api, preset, name, data);
    }
    const { smtp, mailbox } = BALANCED;
    const addresses = { [SMTP_SERVICE]: smtp, [`${RELEASE}-staffetta-mailbox`]: mailbox };
    const balancer = new LoadBalancer(api, preset, addresses);
    const files = [`${CHART}/values-${preset}.yaml`];
    const release = new Release({ helm, api, namespace: preset, files, values, commandPod });
    try {
      const begin = performance.now();
      await release.roll();
      const installSeconds = Math.round((performance.now() - begin) / 1000);
      await release.must(['domain', 'add', SENDER_DOMAIN, '--relay']);
      return new House(options, release, balancer, installSeconds);
    } catch (error) {
      await balancer.stop();
      throw error;
    }
  }

  /** Resolves when so many more messages have come out. */
  async flows(messages: number): Promise<void> {
    const { sink } = this.outside;
    const before = sink.total;
    await waitFor('mail flows', FLOW_TIMEOUT_MS, () => sink.total >= before + messages);
  }

  /** Resolves when all that were accepted have come out, or not in time. */
  async awaitAll(load: TrackedLoad): Promise<void> {
    const { arrivals } = this.outside.sink;
    const areThere = (): boolean => [...load.accepted.keys()].every((id) => arrivals.has(id));
    await waitFor('all is delivered', END_TIMEOUT_MS, areThere).catch(() => undefined);
  }

  /** What the Service by SMTP does with the addresses of clients. */
  async setTrafficPolicy(externalTrafficPolicy: 'Local' | 'Cluster'): Promise<void> {
    const patch = ['--type=merge', '-p', JSON.stringify({ spec: { externalTrafficPolicy } })];
    const { namespace } = this.release;
    await this.#node.api.must(['patch', 'service', SMTP_SERVICE, '-n', namespace, ...patch]);
  }

  /** Asks for a recipient elsewhere until the reply is this code, for a while; gives the last one. */
  async relayCodeWhen(wanted: number): Promise<number> {
    let code = 0;
    const isIt = async (): Promise<boolean> => {
      const client = await SmtpClient.open({ host: BALANCED.smtp.v4, port: SMTP_PORT });
      await client.command(`MAIL FROM:<sender@${SENDER_DOMAIN}>`);
      ({ code } = await client.command(`RCPT TO:<r@${domainOf(1)}>`));
      await client.quit();
      return code === wanted;
    };
    const what = `the reply ${wanted}`;
    await waitFor(what, CHANGE_TIMEOUT_MS, isIt, LOOK_EVERY_MS).catch(() => undefined);
    return code;
  }

  /** Puts another certificate into the Secret; resolves when new connections are shown it. */
  async renewCertificate(): Promise<void> {
    const pair = await makeCertificate(HOSTNAME);
    await putSecret(this.#node.api, this.release.namespace, TLS_SECRET, { ...pair });
    const isShown = async (): Promise<boolean> =>
      (await shownFingerprint(BALANCED.mailbox.v4, IMAPS_PORT)) === fingerprintOf(pair);
    await waitFor('the new certificate is shown', RENEW_TIMEOUT_MS, isShown, LOOK_EVERY_MS);
  }

  /** Lanes of each delivery worker, as soon as there are so many workers and each has some. */
  async lanesOf(workers: number): Promise<readonly number[]> {
    let lanes: readonly number[] = [];
    const areShared = async (): Promise<boolean> => {
      const { instances } = JSON.parse(
        await this.release.must(['cluster', '--json']),
      ) as ClusterDocument;
      lanes = instances
        .filter(({ services, alive, ready }) => services.includes('delivery') && alive && ready)
        .map((instance) => instance.lanes);
      return lanes.length === workers && lanes.every((count) => count > 0);
    };
    await waitFor(`${workers} workers have lanes`, CHANGE_TIMEOUT_MS, areShared, LOOK_EVERY_MS);
    return lanes;
  }

  stop(): Promise<void> {
    return this.#balancer.stop();
  }
}

async function putSecret(
  api: ApiServer,
  namespace: string,
  name: string,
  stringData: Readonly<Record<string, string>>,
): Promise<void> {
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name }, stringData };
  const { code, output } = await api.apply([secret], namespace);
  if (code !== 0) throw new Error(output);
}
