/** The small preset on a node, with the world outside of it: two delivery workers and a load balancer's addresses. */
import type { TrackedLoad } from '../../harness/load.ts';
import { SmtpClient } from '../../harness/smtp-client.ts';
import { waitFor } from '../../harness/wait.ts';
import { LoadBalancer } from './load-balancer.ts';
import { BALANCED_ADDRESSES, OUTSIDE_ADDRESS } from './node-network.ts';
import type { OneNode } from './one-node.ts';
import { domainOf, SENDER_DOMAIN } from './outside.ts';
import type { Outside } from './outside.ts';
import { Release } from './release.ts';
import { IMAGE, TAG } from './relay-image.ts';

const NAMESPACE = 'small';
const SMTP_SERVICE = 'mail-staffetta-smtp';
/** The same image by another name: every pod is replaced. */
export const NEXT_TAG = `${TAG}-next`;
const FLOW_TIMEOUT_MS = 60_000;
const END_TIMEOUT_MS = 120_000;
const SHARE_TIMEOUT_MS = 60_000;
const LOOK_EVERY_MS = 500;
const PASSWORD = 'of-the-first-operator';

interface ClusterDocument {
  readonly instances: readonly {
    readonly services: readonly string[];
    readonly alive: boolean;
    readonly ready: boolean;
    readonly lanes: number;
  }[];
}

export class SmallHouse {
  readonly node: OneNode;
  readonly outside: Outside;
  readonly release: Release;
  /** From the command to the last pod being ready. */
  readonly installSeconds: number;
  readonly #balancer: LoadBalancer;

  private constructor(parts: {
    readonly node: OneNode;
    readonly outside: Outside;
    readonly release: Release;
    readonly balancer: LoadBalancer;
    readonly installSeconds: number;
  }) {
    this.node = parts.node;
    this.outside = parts.outside;
    this.release = parts.release;
    this.installSeconds = parts.installSeconds;
    this.#balancer = parts.balancer;
  }

  /** In a namespace in which no pod is let in that is not restricted. */
  static async install(helm: string, node: OneNode, outside: Outside): Promise<SmallHouse> {
    const { api } = node;
    await node.containerd.tag(`${IMAGE}:${TAG}`, `${IMAGE}:${NEXT_TAG}`);
    await api.makeNamespace(NAMESPACE);
    for (const [name, value] of [
      ['mail-database', `url=${outside.databaseUrl}`],
      ['mail-operator', `password=${PASSWORD}`],
    ] as const) {
      const secret = ['secret', 'generic', name, `--from-literal=${value}`];
      await api.must(['create', '--namespace', NAMESPACE, ...secret]);
    }
    const [smtp, mailbox] = BALANCED_ADDRESSES;
    const addresses = new Map([
      [SMTP_SERVICE, smtp],
      ['mail-staffetta-mailbox', mailbox],
    ]);
    const balancer = new LoadBalancer(api, NAMESPACE, addresses);
    const release = new Release(helm, api, NAMESPACE, valuesFor(outside));
    try {
      const begin = performance.now();
      await release.roll();
      const installSeconds = Math.round((performance.now() - begin) / 1000);
      return new SmallHouse({ node, outside, release, balancer, installSeconds });
    } catch (error) {
      await balancer.stop();
      throw error;
    }
  }

  /** From an address of this machine, to the Service by SMTP. */
  load(
    name: string,
    perSecond: number,
    more: { localAddress?: string; messagesMax?: number } = {},
  ) {
    return this.outside.load({ name, address: BALANCED_ADDRESSES[0], perSecond, ...more });
  }

  /** What the Service by SMTP does with the addresses of clients. */
  async setTrafficPolicy(externalTrafficPolicy: 'Local' | 'Cluster'): Promise<void> {
    const patch = ['--type=merge', '-p', JSON.stringify({ spec: { externalTrafficPolicy } })];
    await this.node.api.must(['patch', 'service', SMTP_SERVICE, '-n', NAMESPACE, ...patch]);
  }

  /** Asks for a recipient elsewhere until the reply is this code, for a while; gives the last one. */
  async relayCodeWhen(wanted: number): Promise<number> {
    let code = 0;
    const isIt = async (): Promise<boolean> => {
      const client = await SmtpClient.open({ host: BALANCED_ADDRESSES[0], port: 25 });
      await client.command(`MAIL FROM:<sender@${SENDER_DOMAIN}>`);
      ({ code } = await client.command(`RCPT TO:<r@${domainOf(1)}>`));
      await client.quit();
      return code === wanted;
    };
    await waitFor(`the reply ${wanted}`, SHARE_TIMEOUT_MS, isIt, LOOK_EVERY_MS).catch(
      () => undefined,
    );
    return code;
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

  /** Lanes of each delivery worker that runs, when there are so many workers and each has some. */
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
    await waitFor(`${workers} workers have lanes`, SHARE_TIMEOUT_MS, areShared, LOOK_EVERY_MS);
    return lanes;
  }

  stop(): Promise<void> {
    return this.#balancer.stop();
  }
}

function valuesFor({ sink }: Outside): object {
  return {
    hostname: 'mx.example.com',
    config: {
      // Who may relay is told by the client's address: without it nothing of the load is taken.
      smtp: { relayNetworks: [`${OUTSIDE_ADDRESS}/32`] },
      delivery: { remotePort: sink.port },
      storage: { minFreePercent: 1 },
    },
    services: { delivery: { replicas: 2 } },
  };
}
