import { dnsContract, startDnsZone } from '@staffetta/testing';
import { DnsClient } from './dns-client.ts';
import { parseDnsServer } from './dns-server.ts';

for (const host of ['127.0.0.1', '::1']) {
  dnsContract(`DnsClient by ${host}`, async (zone) => {
    const served = await startDnsZone(zone, { host });
    const server = parseDnsServer(served.server);
    if (!server) throw new Error(`unreadable: ${served.server}`);
    const times = { attemptTimeoutMs: 50, totalTimeoutMs: 200 };
    const dns = new DnsClient({ servers: [server], ...times });
    const stop = async (): Promise<void> => {
      dns.close();
      await served.stop();
    };
    return { dns, stop };
  });
}
