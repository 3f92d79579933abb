import { dnsContract } from './dns-contract.ts';
import { zoneDns } from './zone-dns.ts';

dnsContract('a zone in memory', async (zone) => ({ dns: zoneDns(zone), stop: async () => {} }));
