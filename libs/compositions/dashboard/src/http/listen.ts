import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';

const HEADERS_TIMEOUT_MS = 15_000;
const CONNECTIONS_MAX = 1_000;

/** HTTP servers that listen on the same port of several addresses. */
export interface Listeners {
  readonly addresses: readonly AddressInfo[];
  /** Ends streams and connections, and resolves when all are closed. */
  close(): Promise<void>;
}

/**
 * Listens on each address; ::1 is skipped where the machine has no IPv6. With port 0 the first address chooses it.
 */
export async function listenAll(
  handler: RequestListener,
  addresses: readonly string[],
  port: number,
): Promise<Listeners> {
  const servers: Server[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(servers.map(closeServer));
  };
  try {
    for (const address of addresses) {
      const chosen = servers[0] ? (servers[0].address() as AddressInfo).port : port;
      const server = await listenOn(handler, address, chosen);
      if (server) servers.push(server);
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { addresses: servers.map((server) => server.address() as AddressInfo), close };
}

async function listenOn(
  handler: RequestListener,
  address: string,
  port: number,
): Promise<Server | undefined> {
  const server = createServer({ headersTimeout: HEADERS_TIMEOUT_MS }, handler);
  server.maxConnections = CONNECTIONS_MAX;
  const { promise, resolve, reject } = Promise.withResolvers<Server | undefined>();
  server.once('error', (error: NodeJS.ErrnoException) => {
    const noIPv6 = error.code === 'EADDRNOTAVAIL' || error.code === 'EAFNOSUPPORT';
    if (address === '::1' && noIPv6) resolve(undefined);
    else reject(error);
  });
  server.listen(port, address, () => resolve(server));
  return promise;
}

async function closeServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  // Streams have no end of their own; answers under way get a moment.
  const timer = setTimeout(() => server.closeAllConnections(), 200);
  await closed;
  clearTimeout(timer);
}
