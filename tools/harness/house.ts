/** Staffetta with people in it: a local domain with accounts, a relay domain with a sink, a program's credential. */
import { DnsServer, site } from './dns-server.ts';
import { freePort } from './free-ports.ts';
import type { Point } from './point.ts';
import { SmtpSink } from './smtp-sink.ts';
import type { Relay } from './relay.ts';
import { startRelay } from './start-relay.ts';
import { Tap } from './tap.ts';

export const LOCAL_DOMAIN = 'local.test';
export const RELAY_DOMAIN = 'relay.test';
export const ALICE = { user: `alice@${LOCAL_DOMAIN}`, password: 'alice-secret-1' } as const;
export const BOB = { user: `bob@${LOCAL_DOMAIN}`, password: 'bob-secret-1' } as const;
export const PROGRAM = { user: 'program', password: 'program-secret-1' } as const;

export interface House {
  readonly staffetta: Relay;
  /** What the relay domain's MX received: Postfix's smtp-sink, which keeps each message. */
  readonly sink: SmtpSink;
  /** Between Staffetta and that sink. */
  readonly tap: Tap;
}

export async function startHouse(
  point: Point,
  env: Readonly<Record<string, string>> = {},
): Promise<House> {
  const sink = point.atEnd(await SmtpSink.start({ port: await freePort(), keep: true }));
  const tap = point.atEnd(await Tap.start(await freePort(), sink.port));
  const dns = point.atEnd(
    await DnsServer.start([...site(RELAY_DOMAIN, '127.0.0.1'), ...site('load.test', '127.0.0.1')]),
  );
  const staffetta = await startRelay(point, {
    env: { DELIVERY_REMOTE_PORT: String(tap.port), DNS_SERVERS: dns.address, ...env },
  });
  await staffetta.must(['domain', 'add', LOCAL_DOMAIN, '--local']);
  await staffetta.must(['domain', 'add', RELAY_DOMAIN, '--relay']);
  for (const { user, password } of [ALICE, BOB]) {
    await staffetta.must(['account', 'add', user, '--password-stdin'], `${password}\n`);
  }
  const credential = ['credential', 'add', PROGRAM.user, '--tenant', 'default', '--password-stdin'];
  await staffetta.must(credential, `${PROGRAM.password}\n`);
  return { staffetta, sink, tap };
}
