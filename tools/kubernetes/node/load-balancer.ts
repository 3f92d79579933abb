/**
 * What a provider's load balancer does, or one of bare metal: it gives each Service of type LoadBalancer an address of
 * each family that leads to the node. kube-proxy does the rest.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiServer } from '../api-server.ts';
import type { Addresses } from './node-network.ts';

const LOOK_EVERY_MS = 1_000;

interface Service {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly type: string };
  readonly status: { readonly loadBalancer: { readonly ingress?: readonly { ip: string }[] } };
}

export class LoadBalancer {
  readonly #api: ApiServer;
  readonly #namespace: string;
  /** By the name of the Service. */
  readonly #addresses: Readonly<Record<string, Addresses>>;
  readonly #looking: Promise<void>;
  #stopping = false;

  /** Looks after the Services of a namespace until it is stopped. */
  constructor(api: ApiServer, namespace: string, addresses: Readonly<Record<string, Addresses>>) {
    this.#api = api;
    this.#namespace = namespace;
    this.#addresses = addresses;
    this.#looking = this.#look();
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#looking;
  }

  async #look(): Promise<void> {
    while (!this.#stopping) {
      // An API server that is away is asked again.
      await this.#giveAll().catch(() => undefined);
      await sleep(LOOK_EVERY_MS);
    }
  }

  async #giveAll(): Promise<void> {
    const services = (await this.#api.list(['services'], this.#namespace)) as unknown as Service[];
    for (const { metadata, spec, status } of services) {
      const address = this.#addresses[metadata.name];
      const isWaiting = spec.type === 'LoadBalancer' && !status.loadBalancer.ingress;
      if (isWaiting && address !== undefined) await this.#give(metadata.name, address);
    }
  }

  async #give(name: string, { v4, v6 }: Addresses): Promise<void> {
    const status = { loadBalancer: { ingress: [{ ip: v4 }, { ip: v6 }] } };
    const patch = ['--subresource=status', '--type=merge', '-p', JSON.stringify({ status })];
    await this.#api.must(['patch', 'service', name, '--namespace', this.#namespace, ...patch]);
  }
}
