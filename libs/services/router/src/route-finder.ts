import type {
  Clock,
  Directory,
  MxResolver,
  Recipient,
  RouteAnswer,
  RouteEnd,
  Routes,
} from '@staffetta/core';
import { expandRecipients } from './expand-recipients.ts';
import type { Destination } from './expand-recipients.ts';
import { siteOf } from './route-batch.ts';
import { SiteFinder } from './site-finder.ts';

/** What the answers depend on. */
export interface RouteFinderOptions {
  readonly directory: Directory;
  readonly resolver: MxResolver;
  readonly clock: Clock;
  /** Smart host for all mail to other servers, `host:port`; empty for MX. */
  readonly nextHop: string;
}

/** Tells where mail would go, by the rules by which it is routed. */
export class RouteFinder implements Routes {
  readonly #options: RouteFinderOptions;
  readonly #sites: SiteFinder;

  constructor(options: RouteFinderOptions) {
    this.#options = options;
    this.#sites = new SiteFinder(options.resolver, options.clock);
  }

  async route(addresses: readonly string[]): Promise<readonly RouteAnswer[]> {
    return Promise.all(addresses.map((address) => this.#routeOne(address)));
  }

  async #routeOne(address: string): Promise<RouteAnswer> {
    const recipient: Recipient = { ...NOBODY, address };
    const { destinations } = await expandRecipients([recipient], this.#options.directory);
    const aliases = destinations.flatMap(({ kind, recipient: { address: alias } }) =>
      kind === 'replaced' ? [alias] : [],
    );
    const ends = await Promise.all(destinations.map((destination) => this.#end(destination)));
    return { address, aliases, ends: ends.flat() };
  }

  async #end(destination: Destination): Promise<RouteEnd[]> {
    const { address } = destination.recipient;
    switch (destination.kind) {
      case 'local':
        return [{ kind: 'local', address, accountId: destination.recipient.accountId }];
      case 'refused':
        return [{ kind: 'refused', address, reply: destination.reply }];
      case 'remote': {
        const { domain, relay } = destination;
        const { nextHop } = this.#options;
        const found = await siteOf(destination, { sites: this.#sites, nextHop });
        return [{ kind: 'remote', address, domain, ...found, relay: relay !== undefined }];
      }
      // What an alias leads to stands for itself; a mailbox that is named twice gets one copy.
      case 'replaced':
      case 'merged':
        return [];
    }
  }
}

const NOBODY: Omit<Recipient, 'address'> = {
  number: 1,
  orcpt: '',
  notify: '',
  attempts: 0,
  accountId: '',
};
