import { isIP } from 'node:net';

/** A host name or IP address (without brackets) and a port. */
export interface HostPort {
  readonly host: string;
  readonly port: number;
}

const PORT_MAX = 65_535;

/**
 * Reads `host:port`, `[v6]:port`, `host`, `[v6]` or a bare IP address.
 * Undefined where it is none of these, or where the port is missing and there is no default.
 */
export function parseHostPort(text: string, defaultPort?: number): HostPort | undefined {
  if (isIP(text) === 6) return withPort(text, undefined, defaultPort);
  const bracketed = /^\[([^\]]+)\](?::(\d+))?$/.exec(text);
  if (bracketed) {
    const host = bracketed[1] ?? '';
    return isIP(host) === 6 ? withPort(host, bracketed[2], defaultPort) : undefined;
  }
  const plain = /^([A-Za-z0-9._-]+)(?::(\d+))?$/.exec(text);
  return plain ? withPort(plain[1] ?? '', plain[2], defaultPort) : undefined;
}

/** The address as it is written: IPv6 in brackets. */
export function formatHostPort({ host, port }: HostPort): string {
  return isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Whether the text is an IP network such as 10.0.0.0/8 or 2001:db8::/32; an address alone is a network of one. */
export function isNetwork(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  if (prefix === undefined) return true;
  return /^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128);
}

function withPort(
  host: string,
  port: string | undefined,
  defaultPort: number | undefined,
): HostPort | undefined {
  const number = port === undefined ? defaultPort : Number(port);
  if (number === undefined || number < 1 || number > PORT_MAX) return undefined;
  return { host, port: number };
}
