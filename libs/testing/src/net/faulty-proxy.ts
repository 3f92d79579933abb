import { createConnection, createServer } from 'node:net';
import type { NetConnectOpts, Server, Socket } from 'node:net';

/** How long requests on their way may still reach the server when connections are cut, in milliseconds. */
const LAST_REQUESTS_MS = 20;

/** A way to a server that can be cut so that what was asked is done and its reply is lost, or that can be held up. */
export class FaultyProxy {
  readonly #target: NetConnectOpts;
  readonly #server: Server;
  readonly #pairs = new Map<Socket, Socket>();
  /** Connections that only the server still believes in. */
  readonly #abandoned = new Set<Socket>();
  #held = false;
  #taken = 0;

  private constructor(target: NetConnectOpts) {
    this.#target = target;
    this.#server = createServer((client) => this.#join(client));
  }

  /** Listens on a free port of 127.0.0.1. */
  static async start(target: NetConnectOpts): Promise<FaultyProxy> {
    const proxy = new FaultyProxy(target);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
    return address.port;
  }

  /** Connections that came, ended ones too. */
  get taken(): number {
    return this.#taken;
  }

  /** Cuts all connections: requests on their way still reach the server, replies are lost. */
  async cut(): Promise<void> {
    const pairs = [...this.#pairs];
    for (const [client, server] of pairs) {
      server.unpipe(client);
      server.resume();
    }
    await new Promise((resolve) => setTimeout(resolve, LAST_REQUESTS_MS));
    for (const [client, server] of pairs) {
      client.destroy();
      server.destroy();
    }
  }

  /** Cuts the clients off; the server knows nothing of it and goes on with what it was asked, until `close`. */
  abandon(): void {
    for (const [client, server] of this.#pairs) {
      server.unpipe(client);
      server.resume();
      this.#abandoned.add(server);
      client.destroy();
    }
  }

  /** Nothing comes back any more, on connections old and new, until `release`. */
  hold(): void {
    this.#held = true;
    for (const [client, server] of this.#pairs) server.unpipe(client).pause();
  }

  release(): void {
    this.#held = false;
    for (const [client, server] of this.#pairs) server.pipe(client);
  }

  async close(): Promise<void> {
    for (const [client, server] of this.#pairs) {
      client.destroy();
      server.destroy();
    }
    for (const server of this.#abandoned) server.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #join(client: Socket): void {
    this.#taken += 1;
    const server = createConnection(this.#target);
    this.#pairs.set(client, server);
    client.pipe(server);
    if (!this.#held) server.pipe(client);
    for (const [one, another] of [
      [client, server],
      [server, client],
    ] as const) {
      one.on('error', () => undefined);
      one.on('close', () => {
        this.#pairs.delete(client);
        if (!this.#abandoned.has(another)) another.destroy();
      });
    }
  }
}
