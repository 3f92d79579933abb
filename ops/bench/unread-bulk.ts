/** What a message that is not bulk waits for, while very many bulk ones stand before it in the log, unread. */
import type { Cluster } from '../../tools/harness/cluster.ts';
import { TrackedLoad } from '../../tools/harness/load.ts';
import { TIMED_DOMAIN } from './cluster-contestants.ts';
import type { Bench } from './cluster-contestants.ts';
import { measureLatency } from './latency.ts';
import type { Latency } from './latency.ts';

const SIZE_BYTES = 2_000;
const SESSIONS = 20;

export interface UnreadBulkOptions {
  /** Bulk messages that stand unread in the log. */
  readonly bulk: number;
  /** Messages timed while they do. */
  readonly timed: number;
  progress(text: string): void;
}

export interface UnreadBulk extends Latency {
  readonly bulk: number;
  /** Bulk messages that had not come yet when the last timed one had. */
  readonly bulkLeftAtEnd: number;
}

/** The routers are away while the bulk is taken in, and are back when the others come. */
export async function measureUnreadBulk(
  cluster: Cluster,
  bench: Bench,
  { bulk, timed, progress }: UnreadBulkOptions,
): Promise<UnreadBulk> {
  const routers = cluster.of('router').map((member) => member.process);
  await Promise.all(routers.map((router) => router.terminate()));
  const load = new TrackedLoad({
    name: 'bulk',
    target: bench.doors.map((port) => ({ port })),
    sessions: SESSIONS,
    sizeBytes: SIZE_BYTES,
    from: 'a@load.test',
    to: (number) => `bulk${number}@${TIMED_DOMAIN}`,
    fields: 'X-Staffetta-Class: bulk\r\n',
    messagesMax: bulk,
  });
  await load.finished();
  if (load.accepted.size < bulk) throw new Error(`refused: ${[...load.refused].join(' ')}`);
  progress(`${bulk} bulk messages stand in the log`);
  await Promise.all(routers.map((router) => router.start()));
  const latency = await measureLatency(bench, timed);
  const arrived = [...bench.timedSink.arrivals.keys()].filter((id) => load.accepted.has(id));
  return { ...latency, bulk, bulkLeftAtEnd: bulk - arrived.length };
}
