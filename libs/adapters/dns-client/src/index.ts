export { DnsClient } from './dns-client.ts';
export type { DnsClientOptions, DnsClientStats } from './dns-client.ts';
export { parseDnsServer, systemDnsServers } from './dns-server.ts';
export type { DnsServer } from './dns-server.ts';
