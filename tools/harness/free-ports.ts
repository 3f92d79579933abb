import { createServer } from 'node:net';

/** Below the range from which the kernel takes ports for outgoing connections: none of ours is lost to a client. */
const FIRST_PORT = 20_000;
const LAST_PORT = 32_000;
const TRIES_MAX = 1_000;
const given = new Set<number>();

/** A port that nobody listens on now, and that this process has not given before. */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    const port = FIRST_PORT + Math.floor(Math.random() * (LAST_PORT - FIRST_PORT));
    if (given.has(port) || !(await isFree(host, port))) continue;
    given.add(port);
    return port;
  }
  throw new Error('no free port');
}

function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.on('error', () => resolve(false));
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
}
