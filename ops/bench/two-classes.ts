/** What a message that is not bulk waits for, while very many bulk ones wait for the same slow site. */
import { DnsServer, site } from '../../tools/harness/dns-server.ts';
import { freePort } from '../../tools/harness/free-ports.ts';
import { TrackedLoad } from '../../tools/harness/load.ts';
import { RecordingSink } from '../../tools/harness/recording-sink.ts';
import { Staffetta } from '../../tools/harness/staffetta.ts';
import { quantile, round } from '../../tools/harness/statistics.ts';
import { waitFor } from '../../tools/harness/wait.ts';

const BULK_MESSAGES = 10_000;
const SIZE_BYTES = 2_000;
const SLOW_REPLY_MS = 200;
const OTHERS_PER_SECOND = 20;
const ARRIVE_TIMEOUT_MS = 120_000;

export interface TwoClasses {
  readonly bulkWaitingAtBegin: number;
  readonly bulkWaitingAtEnd: number;
  readonly measured: number;
  readonly connectionsToTheSite: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Sends the bulk, then `others` messages of the other class at an even rate, and times those. */
export async function measureTwoClasses(others: number): Promise<TwoClasses> {
  const sink = await RecordingSink.start({ port: await freePort(), delayMs: SLOW_REPLY_MS });
  const dns = await DnsServer.start([
    ...site('slow.test', '127.0.0.1'),
    ...site('load.test', '127.0.0.1'),
  ]);
  const staffetta = await Staffetta.start({
    env: {
      DELIVERY_REMOTE_PORT: String(sink.port),
      DNS_SERVERS: dns.address,
      SMTP_RELAY_NETWORKS: '127.0.0.1/32',
    },
  });
  try {
    // A peer of relayNetworks sends as any domain of its tenant.
    await staffetta.must(['domain', 'add', 'load.test', '--relay']);
    const base = {
      target: { port: staffetta.ports.mx },
      sizeBytes: SIZE_BYTES,
      from: 'a@load.test',
    };
    const bulk = new TrackedLoad({
      ...base,
      name: 'bulk',
      sessions: 20,
      to: (number) => `bulk${number}@slow.test`,
      fields: 'X-Staffetta-Class: bulk\r\n',
      messagesMax: BULK_MESSAGES,
    });
    await bulk.finished();
    if (bulk.accepted.size < BULK_MESSAGES)
      throw new Error(`refused: ${[...bulk.refused].join(' ')}`);
    const waiting = (): number => bulk.accepted.size - arrived(sink, 'bulk');
    const bulkWaitingAtBegin = waiting();
    const other = new TrackedLoad({
      ...base,
      name: 'other',
      sessions: 4,
      to: (number) => `other${number}@slow.test`,
      messagesMax: others,
      perSecond: OTHERS_PER_SECOND,
    });
    await other.finished();
    await waitFor('all that is not bulk has arrived', ARRIVE_TIMEOUT_MS, () =>
      [...other.accepted.keys()].every((id) => sink.arrivals.has(id)),
    );
    const waits = [...other.accepted].map(([id, at]) => (sink.arrivals.get(id)?.[0] ?? 0) - at);
    return {
      bulkWaitingAtBegin,
      bulkWaitingAtEnd: waiting(),
      measured: waits.length,
      connectionsToTheSite: sink.connectionsMax,
      p50Ms: round(quantile(waits, 0.5)),
      p99Ms: round(quantile(waits, 0.99)),
    };
  } finally {
    await staffetta.stop();
    await dns.stop();
    await sink.stop();
  }
}

function arrived(sink: RecordingSink, name: string): number {
  return [...sink.arrivals.keys()].filter((id) => id.startsWith(`${name}-`)).length;
}
