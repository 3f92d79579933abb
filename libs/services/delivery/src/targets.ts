import { isIP } from 'node:net';
import { orderHosts } from '@staffetta/core';
import type { MxAnswer, MxHost, MxResolver, Random, Route, SmtpReply } from '@staffetta/core';
import type { DeliverySettings } from './options.ts';

/** One address to try. */
export interface Target {
  readonly host: string;
  readonly address: string;
  readonly port: number;
}

/** Where to connect for a route, in order; or why nowhere. */
export type Targets =
  | { readonly kind: 'targets'; readonly site: string; readonly targets: readonly Target[] }
  | { readonly kind: 'permanent'; readonly reply: SmtpReply }
  | { readonly kind: 'temporary'; readonly reason: string };

/** What of the settings says where mail may go. */
export type TargetSettings = Pick<
  DeliverySettings,
  'hostname' | 'ownAddresses' | 'remotePort' | 'allowLoopback'
>;

/** Finds the addresses for a route: the next hop, or the MX hosts that stand before us (RFC 5321 §5.1). */
export class TargetFinder {
  readonly #resolver: MxResolver;
  readonly #random: Random;
  readonly #settings: TargetSettings;

  constructor(resolver: MxResolver, random: Random, settings: TargetSettings) {
    this.#resolver = resolver;
    this.#random = random;
    this.#settings = settings;
  }

  async find(route: Route): Promise<Targets> {
    if (route.nextHop !== '') return this.#nextHop(route.nextHop);
    const answer = await this.#resolver.resolve(route.domain);
    if (answer.kind !== 'hosts') return unresolved(answer);
    const before = this.#hostsBeforeUs(answer.hosts);
    const targets = this.#targetsOf(before, this.#settings.remotePort);
    if (targets.length > 0) return { kind: 'targets', site: answer.site, targets };
    // Hosts before us whose names do not resolve now may do so later.
    const loops = before.length === 0 || before.some((host) => host.addresses.length > 0);
    if (loops) return permanent('5.4.6', 'Mail for this domain loops back to this server');
    return { kind: 'temporary', reason: 'No mail host of the domain has an address' };
  }

  async #nextHop(nextHop: string): Promise<Targets> {
    const { host, port } = splitHostPort(nextHop, this.#settings.remotePort);
    const address = host === 'localhost' ? '127.0.0.1' : host;
    if (isIP(address)) {
      return { kind: 'targets', site: nextHop, targets: [{ host, address, port }] };
    }
    const answer = await this.#resolver.resolve(host);
    // A next hop that is misspelt today is mended tomorrow: never a reason to bounce.
    if (answer.kind !== 'hosts')
      return { kind: 'temporary', reason: `The next hop ${host} has no address` };
    const targets = orderHosts(answer.hosts, this.#random).flatMap(({ name, addresses }) =>
      addresses.map((one) => ({ host: name, address: one.address, port })),
    );
    return { kind: 'targets', site: nextHop, targets };
  }

  #hostsBeforeUs(hosts: readonly MxHost[]): readonly MxHost[] {
    const us = hosts.filter((host) => this.#isUs(host)).map((host) => host.preference);
    if (us.length === 0) return hosts;
    const ours = Math.min(...us);
    return hosts.filter((host) => host.preference < ours);
  }

  #isUs(host: MxHost): boolean {
    const { hostname, ownAddresses } = this.#settings;
    return (
      host.name === hostname.toLowerCase() ||
      host.addresses.some(({ address }) => ownAddresses.has(address))
    );
  }

  #targetsOf(hosts: readonly MxHost[], port: number): readonly Target[] {
    return orderHosts(hosts, this.#random).flatMap(({ name, addresses }) =>
      addresses
        .filter(({ address }) => this.#settings.allowLoopback || !isLoopback(address))
        .map(({ address }) => ({ host: name, address, port })),
    );
  }
}

function isLoopback(address: string): boolean {
  return /^127\.|^0\.|^::1?$|^::ffff:127\./i.test(address);
}

/** `host:port`, `[v6]:port`, or either without its port. */
function splitHostPort(text: string, portDefault: number): { host: string; port: number } {
  const match = /^\[([^\]]+)\](?::(\d+))?$/.exec(text) ?? /^([^:]+)(?::(\d+))?$/.exec(text);
  if (!match?.[1]) return { host: text, port: portDefault };
  return { host: match[1], port: match[2] ? Number(match[2]) : portDefault };
}

function unresolved(answer: Exclude<MxAnswer, { kind: 'hosts' }>): Targets {
  switch (answer.kind) {
    case 'null-mx':
      return permanent('5.1.10', 'The domain takes no mail (null MX)');
    case 'no-such-domain':
      return permanent('5.1.2', 'The domain does not exist');
    case 'no-hosts':
      return permanent('5.4.4', 'The domain has no mail host with an address');
    case 'temporary':
      return { kind: 'temporary', reason: `DNS: ${answer.reason}` };
  }
}

function permanent(enhanced: string, text: string): Targets {
  return {
    kind: 'permanent',
    reply: { code: 550, enhanced, text, host: '', command: 'DNS' },
  };
}
