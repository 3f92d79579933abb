import { once } from 'node:events';
import { createServer, isIPv6 } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createSecureContext } from 'node:tls';
import type { SecureContext } from 'node:tls';
import type { Connection, TlsIdentity } from '@staffetta/core';
import { countedAddress } from './address.ts';
import { SocketConnection } from './socket-connection.ts';

/** What serves one connection. */
export interface ServedSession {
  /** Resolves when the session is over; the connection is then closed. Does not reject. */
  run(): Promise<void>;
  /** Ends it soon: what is under way is done first. */
  drain(): void;
}

export interface TcpListenerOptions {
  /** IP addresses to listen on; IPv6 ones are skipped where the machine has none. */
  readonly hosts: readonly string[];
  /** 0 takes a free one, the same for all hosts. */
  readonly port: number;
  /** TLS from the first octet, instead of offering STARTTLS. */
  readonly implicitTls: boolean;
  /** Without it there is no TLS. */
  readonly tls: TlsIdentity | undefined;
  readonly connectionsMax: number;
  /** An IPv6 /64 counts as one address. */
  readonly connectionsPerAddressMax: number;
  /** Said to a connection over a limit before it is closed (not under implicit TLS). */
  readonly refusal: string;
  open(connection: Connection): ServedSession;
}

/** A listening server for line protocols. */
export interface TcpListener {
  /** Where it listens. */
  readonly addresses: readonly { readonly host: string; readonly port: number }[];
  readonly connections: number;
  /** New connections and STARTTLS use this from now on. */
  setTls(tls: TlsIdentity): void;
  /** No new connections; sessions are told to end. Resolves when all are gone; after `timeoutMs` the rest is cut off. */
  drain(timeoutMs: number): Promise<void>;
}

/** A connection that is over may take so long to take what was written to it. */
const CLOSE_TIMEOUT_MS = 10_000;
const NO_IPV6 = new Set(['EADDRNOTAVAIL', 'EAFNOSUPPORT']);
/** Attempts to find a port that is free on all hosts. */
const FREE_PORT_TRIES_MAX = 10;

/** Listens, or rejects: with `code` EADDRINUSE, `host` and `port` on the error where the port is taken. */
export async function listenTcp(options: TcpListenerOptions): Promise<TcpListener> {
  const listener = new Listener(options);
  for (let tries = 1; ; tries++) {
    try {
      await listener.listen();
      return listener;
    } catch (error) {
      await listener.drain(0);
      const taken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
      if (!taken || options.port !== 0 || tries >= FREE_PORT_TRIES_MAX) throw error;
    }
  }
}

class Listener implements TcpListener {
  readonly #options: TcpListenerOptions;
  readonly #sessions = new Map<SocketConnection, ServedSession | undefined>();
  readonly #perAddress = new Map<string, number>();
  #servers: Server[] = [];
  #addresses: { host: string; port: number }[] = [];
  #secureContext: SecureContext | undefined;
  #onEmpty: (() => void) | undefined;

  constructor(options: TcpListenerOptions) {
    this.#options = options;
    if (options.tls !== undefined) this.setTls(options.tls);
  }

  get addresses(): readonly { readonly host: string; readonly port: number }[] {
    return this.#addresses;
  }

  get connections(): number {
    return this.#sessions.size;
  }

  setTls(tls: TlsIdentity): void {
    this.#secureContext = createSecureContext({ ...tls, minVersion: 'TLSv1.2' });
  }

  async listen(): Promise<void> {
    for (const host of this.#options.hosts) {
      const port = this.#addresses[0]?.port ?? this.#options.port;
      // A client that has said all it wants to say still hears the answers.
      const server = createServer(
        { noDelay: true, keepAlive: true, allowHalfOpen: true },
        (socket) => this.#accept(socket),
      );
      server.listen({ host, port });
      try {
        await once(server, 'listening');
      } catch (error) {
        const code = (error as NodeJS.ErrnoException).code ?? '';
        if (isIPv6(host) && NO_IPV6.has(code)) continue;
        throw Object.assign(error as Error, { host, port });
      }
      this.#servers.push(server);
      this.#addresses.push({ host, port: (server.address() as AddressInfo).port });
    }
    if (this.#servers.length === 0) throw new Error('no address to listen on');
  }

  async drain(timeoutMs: number): Promise<void> {
    for (const server of this.#servers) server.close();
    this.#servers = [];
    this.#addresses = [];
    for (const [connection, session] of this.#sessions) {
      if (session === undefined) connection.stream.destroy();
      else session.drain();
    }
    if (this.#sessions.size === 0) return;
    const timer = setTimeout(() => {
      for (const connection of this.#sessions.keys()) connection.stream.destroy();
    }, timeoutMs);
    await new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
    });
    clearTimeout(timer);
  }

  #accept(socket: Socket): void {
    const { tls, connectionsMax, connectionsPerAddressMax, refusal, implicitTls } = this.#options;
    const secureContext =
      tls === undefined ? undefined : (): SecureContext => this.#secureContext as SecureContext;
    const connection = new SocketConnection(socket, secureContext);
    const address = countedAddress(connection.remoteAddress);
    const count = (this.#perAddress.get(address) ?? 0) + 1;
    if (count > connectionsPerAddressMax || this.#sessions.size >= connectionsMax) {
      if (implicitTls) socket.destroy();
      else {
        socket.write(refusal);
        connection.close(CLOSE_TIMEOUT_MS);
      }
      return;
    }
    this.#perAddress.set(address, count);
    this.#sessions.set(connection, undefined);
    socket.once('close', () => this.#closed(connection, address));
    void this.#serve(connection);
  }

  async #serve(connection: SocketConnection): Promise<void> {
    if (this.#options.implicitTls) {
      try {
        await connection.startTls();
      } catch {
        connection.stream.destroy();
        return;
      }
    }
    if (!this.#sessions.has(connection)) return;
    const session = this.#options.open(connection);
    this.#sessions.set(connection, session);
    await session.run();
    connection.close(CLOSE_TIMEOUT_MS);
  }

  #closed(connection: SocketConnection, address: string): void {
    this.#sessions.delete(connection);
    const left = (this.#perAddress.get(address) ?? 1) - 1;
    if (left === 0) this.#perAddress.delete(address);
    else this.#perAddress.set(address, left);
    if (this.#sessions.size === 0) this.#onEmpty?.();
  }
}
