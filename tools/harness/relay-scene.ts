/** Staffetta between a load and a sink: DNS, one relay domain, and retries soon enough to be waited for. */
import { DnsServer, site } from './dns-server.ts';
import { freePort } from './free-ports.ts';
import type { TrackedLoad } from './load.ts';
import type { Point } from './point.ts';
import { RecordingSink } from './recording-sink.ts';
import type { Relay } from './relay.ts';
import { startRelay } from './start-relay.ts';
import { waitFor } from './wait.ts';

export const RELAY_DOMAIN = 'example.test';
export const SENDER = 'sender@load.test';
const LOOK_EVERY_MS = 100;

export interface SceneOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly dataDir?: string;
  /** Further names for the DNS server. */
  readonly zone?: readonly string[];
}

export interface Scene {
  readonly staffetta: Relay;
  readonly sink: RecordingSink;
  readonly dns: DnsServer;
}

export async function startScene(point: Point, options: SceneOptions = {}): Promise<Scene> {
  const sink = point.atEnd(await RecordingSink.start({ port: await freePort() }));
  const dns = point.atEnd(
    await DnsServer.start([
      ...site(RELAY_DOMAIN, '127.0.0.1'),
      ...site('load.test', '127.0.0.1'),
      ...(options.zone ?? []),
    ]),
  );
  const staffetta = await startRelay(point, {
    ...(options.dataDir === undefined ? {} : { dataDir: options.dataDir }),
    env: {
      DELIVERY_REMOTE_PORT: String(sink.port),
      DELIVERY_RETRY_MIN_MS: '1000',
      DELIVERY_RETRY_MAX_MS: '5000',
      DNS_SERVERS: dns.address,
      ...options.env,
    },
  });
  await staffetta.must(['domain', 'add', RELAY_DOMAIN, '--relay']);
  return { staffetta, sink, dns };
}

/** Ids that got a `250` and have not come to the sink. */
export function missing(load: TrackedLoad, sink: RecordingSink): string[] {
  return [...load.accepted.keys()].filter((id) => !sink.arrivals.has(id));
}

/** Waits until all that was accepted has arrived; gives what has not when the time is over. */
export async function awaitArrivals(
  load: TrackedLoad,
  sink: RecordingSink,
  timeoutMs: number,
): Promise<string[]> {
  try {
    await waitFor('arrivals', timeoutMs, () => missing(load, sink).length === 0, LOOK_EVERY_MS);
  } catch {
    // The caller judges what is missing.
  }
  return missing(load, sink);
}

/** The ids of this load that came more than once, with the time of their first coming. */
export function doubles(load: TrackedLoad, sink: RecordingSink): Map<string, number> {
  const found = new Map<string, number>();
  for (const [id, times] of sink.arrivals) {
    if (times.length > 1 && id.startsWith(`${load.name}-`)) found.set(id, times[0] ?? 0);
  }
  return found;
}

/** `staffetta ledger check` is a bound of every point that carries mail. */
export async function boundLedger(point: Point, staffetta: Relay): Promise<void> {
  const { code, stdout, stderr } = await staffetta.cli(['ledger', 'check', '--json']);
  point.bound('the ledger balances', code === 0, code === 0 ? stdout.trim() : stdout + stderr);
}
