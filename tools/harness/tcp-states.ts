import { readFileSync } from 'node:fs';

const TABLES = ['/proc/net/tcp', '/proc/net/tcp6'];
/** The other side has closed, and the program has not: what stays so is a connection that leaks. */
const CLOSE_WAIT = '08';

/** Connections at these local ports whose client is gone while the server still holds them. */
export function heldWithoutClient(ports: readonly number[]): number {
  const wanted = new Set(ports);
  let held = 0;
  for (const table of TABLES) {
    for (const line of readFileSync(table, 'utf8').split('\n').slice(1)) {
      const [, local = '', , state] = line.trim().split(/\s+/);
      const port = Number.parseInt(local.split(':')[1] ?? '', 16);
      if (state === CLOSE_WAIT && wanted.has(port)) held += 1;
    }
  }
  return held;
}
