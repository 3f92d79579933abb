import { once } from 'node:events';
import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';

const HEADERS_TIMEOUT_MS = 15_000;
/** For a whole request: a large one over a slow line. */
const REQUEST_TIMEOUT_MS = 5 * 60_000;
const KEEP_ALIVE_TIMEOUT_MS = 60_000;
const CONNECTIONS_MAX = 5_000;

/** Told of connections. */
export interface ConnectionWatch {
  opened(): void;
  closed(): void;
}

/** HTTP servers on the same port of several addresses. */
export interface Listeners {
  readonly addresses: readonly AddressInfo[];
  /** Takes no new connections; resolves when the requests in flight are answered. */
  drain(): Promise<void>;
  /** Ends all connections. */
  stop(): Promise<void>;
}

/**
 * Listens on each address; ::1 is skipped where the machine has no IPv6. With port 0 the first address chooses it.
 */
export async function listenAll(
  handler: RequestListener,
  addresses: readonly string[],
  port: number,
  watch: ConnectionWatch,
): Promise<Listeners> {
  const servers: Server[] = [];
  const drain = async (): Promise<void> => {
    await Promise.all(servers.map(closeServer));
  };
  const stop = async (): Promise<void> => {
    for (const server of servers) server.closeAllConnections();
    await drain();
  };
  try {
    for (const address of addresses) {
      const chosen = servers[0] ? (servers[0].address() as AddressInfo).port : port;
      const server = await listenOn(handler, address, chosen, watch);
      if (server) servers.push(server);
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return { addresses: servers.map((server) => server.address() as AddressInfo), drain, stop };
}

async function listenOn(
  handler: RequestListener,
  address: string,
  port: number,
  watch: ConnectionWatch,
): Promise<Server | undefined> {
  const server = createServer(
    {
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    },
    handler,
  );
  server.maxConnections = CONNECTIONS_MAX;
  server.on('connection', (socket) => {
    watch.opened();
    socket.once('close', () => watch.closed());
  });
  server.listen(port, address);
  try {
    await once(server, 'listening');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (address === '::1' && (code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT'))
      return undefined;
    throw error;
  }
  return server;
}

async function closeServer(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, 'close');
  server.close();
  server.closeIdleConnections();
  await closed;
}
