import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import type { AddressInfo } from 'node:net';
import type { SmtpListener, SmtpListenerOptions, TlsIdentity } from '@staffetta/core';
import { ListenerServer } from './server.ts';

/** Listens for SMTP or LMTP sessions; see ListenSmtp. */
export async function listenSmtp(options: SmtpListenerOptions): Promise<SmtpListener> {
  if (options.implicitTls && !options.tls) throw new Error('implicit TLS needs a certificate');
  const servers: ListenerServer[] = [];
  const addresses: { host: string; port: number }[] = [];
  let port = options.port;
  try {
    for (const host of options.hosts) {
      const server = await listenOn(host, port, options);
      if (!server) continue;
      port = (server.server.address() as AddressInfo).port;
      servers.push(server);
      addresses.push({ host, port });
    }
    if (servers.length === 0) throw new Error('none of the listening addresses exists here');
  } catch (error) {
    await Promise.all(servers.map((server) => server.drain(0)));
    throw error;
  }
  return {
    addresses,
    get connections() {
      return servers.reduce((sum, server) => sum + server.live.size, 0);
    },
    setTls(tls: TlsIdentity) {
      for (const server of servers) server.setTls(tls);
    },
    async drain(timeoutMs: number) {
      await Promise.all(servers.map((server) => server.drain(timeoutMs)));
    },
  };
}

/** Undefined where the host is IPv6 and the machine has none. */
async function listenOn(
  host: string,
  port: number,
  options: SmtpListenerOptions,
): Promise<ListenerServer | undefined> {
  const server = new ListenerServer(options);
  server.listen({ host, port, ipv6Only: isIPv6(host) });
  try {
    await once(server.server, 'listening');
    return server;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (isIPv6(host) && (code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT')) return undefined;
    const name = isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
    const why = code === 'EADDRINUSE' ? `${name} is in use` : `cannot listen on ${name}`;
    throw Object.assign(new Error(why, { cause: error }), { code, host, port });
  }
}
