import { getServers } from 'node:dns';
import { isIP, isIPv4 } from 'node:net';

/** Where questions are put: an IP address, since nothing can look up the name of a DNS server. */
export interface DnsServer {
  readonly host: string;
  readonly port: number;
}

const DNS_PORT = 53;

/**
 * Reads `host`, `host:port`, `[v6]` or `[v6]:port` (a bare IPv6 address too); undefined where the host is no IP
 * address or the port none from 1 to 65535.
 */
export function parseDnsServer(text: string): DnsServer | undefined {
  const [, bracketed, bare, port] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const host = isIP(text) === 6 ? text : (bracketed ?? bare ?? '');
  const number = isIP(text) === 6 || port === undefined ? DNS_PORT : Number(port);
  const fits = bracketed === undefined ? isIPv4(host) || host === text : isIP(host) === 6;
  if (isIP(host) === 0 || !fits || number < 1 || number > 65_535) return undefined;
  return { host, port: number };
}

/** The servers that the system is configured with (`/etc/resolv.conf`). */
export function systemDnsServers(): DnsServer[] {
  return getServers().flatMap((text) => parseDnsServer(text) ?? []);
}
