export { DnsZone } from './dns/dns-zone.ts';
export type { DnsFault, DnsZoneOptions, ZoneAnswer, ZoneRecord } from './dns/dns-zone.ts';
export { startDnsZone } from './dns/dns-zone-server.ts';
export type { DnsZoneServer } from './dns/dns-zone-server.ts';
export { zoneDns } from './dns/zone-dns.ts';
export { dnsContract } from './dns/dns-contract.ts';
export { seededRandom } from './dns/seeded-random.ts';
