/**
 * The SMTP servers of many sites, each on a loopback address of its own: healthy, deferring, refusing or dead. They
 * remember every message by its `X-Id`, who brought it, and the most that each site was given at once.
 */
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { ACCEPTED, idInBody, idOf, serveSink } from './sink-session.ts';
import type { SinkMessage } from './sink-session.ts';

export type SiteKind = 'healthy' | 'deferring' | 'refusing' | 'dead';

export interface SitePlan {
  readonly domain: string;
  readonly host: string;
  readonly kind: SiteKind;
}

export interface Arrival {
  /** In milliseconds since the epoch. */
  readonly atMs: number;
  /** The name by which the sender greeted: which process brought it. */
  readonly from: string;
}

export interface Site extends SitePlan {
  connections: number;
  connectionsMax: number;
  /** When each transaction ended at this site, taken or not. */
  readonly transactionsMs: number[];
  /** When each message was taken here. */
  readonly arrivalsMs: number[];
}

export class SiteServers {
  readonly sites: readonly Site[];
  /** What was taken, by `X-Id`, and DSNs by `dsn:` and the `X-Id` they tell of; more than one is a double. */
  readonly arrivals = new Map<string, Arrival[]>();
  /** What was refused for good. */
  readonly refused = new Set<string>();
  readonly port: number;
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #deferredOnce = new Set<string>();

  private constructor(port: number, plans: readonly SitePlan[]) {
    this.port = port;
    this.sites = plans.map((plan) => ({
      ...plan,
      connections: 0,
      connectionsMax: 0,
      transactionsMs: [],
      arrivalsMs: [],
    }));
  }

  /** All sites but the dead listen. */
  static async start(port: number, plans: readonly SitePlan[]): Promise<SiteServers> {
    const servers = new SiteServers(port, plans);
    for (const site of servers.sites) if (site.kind !== 'dead') await servers.#listen(site);
    return servers;
  }

  /** The dead sites listen from now on, and take what comes. */
  async revive(): Promise<void> {
    for (const site of this.sites) if (site.kind === 'dead') await this.#listen(site);
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(this.#servers.map((server) => new Promise((done) => server.close(done))));
  }

  async #listen(site: Site): Promise<void> {
    const server = createServer((socket) => this.#serve(socket, site));
    this.#servers.push(server);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.port, site.host, 1024, resolve);
    });
  }

  #serve(socket: Socket, site: Site): void {
    this.#sockets.add(socket);
    site.connections += 1;
    // The end of another one, which came before this one began, may be told after it in the same turn of the loop.
    setImmediate(() =>
      setImmediate(() => {
        site.connectionsMax = Math.max(site.connectionsMax, site.connections);
      }),
    );
    // Its peer has closed it: our own half takes some turns more.
    let isOpen = true;
    const left = (): void => {
      if (isOpen) site.connections -= 1;
      isOpen = false;
    };
    socket.on('end', left);
    socket.on('close', () => {
      this.#sockets.delete(socket);
      left();
    });
    serveSink(socket, { onMessage: (message) => this.#judge(message, site) });
  }

  #judge(message: SinkMessage, site: Site): string {
    const atMs = Date.now();
    site.transactionsMs.push(atMs);
    const id = idOf(message) ?? dsnId(idInBody(message));
    if (id === undefined) return ACCEPTED;
    if (site.kind === 'refusing' && this.#isItsTurn(id)) {
      this.refused.add(id);
      return '550 5.7.1 Not here';
    }
    if (site.kind === 'deferring' && this.#isItsTurn(id) && !this.#deferredOnce.has(id)) {
      this.#deferredOnce.add(id);
      return '451 4.3.0 Not now';
    }
    site.arrivalsMs.push(atMs);
    const arrival = { atMs, from: message.ehlo };
    const known = this.arrivals.get(id);
    if (known === undefined) this.arrivals.set(id, [arrival]);
    else known.push(arrival);
    return ACCEPTED;
  }

  /** Every other message of a site, where messages go round the sites by their number. */
  #isItsTurn(id: string): boolean {
    const number = Number(/\d+$/.exec(id)?.[0] ?? 0);
    return Math.floor(number / this.sites.length) % 2 === 1;
  }
}

/** What the arrivals call the DSN about a message. */
export function dsnId(about: string | undefined): string | undefined {
  return about === undefined ? undefined : `dsn:${about}`;
}
