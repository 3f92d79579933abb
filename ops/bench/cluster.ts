/**
 * A cluster beside all-in-one on one machine, in alternating rounds: `smtp-source` by both doors for eight sites →
 * relay → `smtp-sink`. Then with fewer delivery workers, the time from `250` to delivery, and what a message that is
 * not bulk waits for while very many bulk ones stand unread in the log. Run by `npm run show -- 2.4`.
 */
import type { Cluster } from '../../tools/harness/cluster.ts';
import type { LogKind } from '../../tools/harness/cluster.ts';
import { cpuSeconds, processTree } from '../../tools/harness/processes.ts';
import { smtpSource } from '../../tools/harness/smtp-source.ts';
import { round, spread } from '../../tools/harness/statistics.ts';
import type { Spread } from '../../tools/harness/statistics.ts';
import { waitFor } from '../../tools/harness/wait.ts';
import { DOMAINS, startAllInOne, startCluster } from './cluster-contestants.ts';
import type { Bench } from './cluster-contestants.ts';
import { measureLatency } from './latency.ts';
import type { Latency } from './latency.ts';
import { measureUnreadBulk } from './unread-bulk.ts';
import type { UnreadBulk, UnreadBulkOptions } from './unread-bulk.ts';

const SESSIONS_A_SITE = 3;
const SIZE_BYTES = 10_240;
const WORKERS_MAX = 4;
const END_TIMEOUT_MS = 300_000;
const LOOK_EVERY_MS = 20;

export interface ClusterBenchOptions extends UnreadBulkOptions {
  readonly log: LogKind;
  readonly rounds: number;
  readonly messages: number;
  /** How long each is under load before it is measured, at least. */
  readonly warmMs: number;
}

export interface Figures {
  readonly messagesPerSecond: Spread;
  readonly cpuSecondsPerThousand: Spread;
}

export interface ClusterBench {
  readonly allInOne: Figures & { readonly latency: Latency };
  readonly cluster: Figures & { readonly latency: Latency };
  /** CPU seconds per 1,000 messages of each part of the cluster. */
  readonly cpuByPart: Readonly<Record<string, number>>;
  readonly workers: Readonly<Record<number, Figures>>;
  readonly unreadBulk: UnreadBulk;
}

export async function benchCluster(options: ClusterBenchOptions): Promise<ClusterBench> {
  const started: Bench[] = [];
  try {
    const allInOne = await startAllInOne();
    started.push(allInOne);
    const { bench, cluster } = await startCluster(options.log, WORKERS_MAX);
    started.push(bench);
    for (const one of started) await warm(one, options);
    const workers: Record<number, Figures> = {};
    workers[WORKERS_MAX] = figures(await rounds([bench], options), bench);
    await keepWorkers(cluster, 2);
    const before = cpuByPart(cluster);
    const results = await rounds([allInOne, bench], options);
    const parts = difference(cpuByPart(cluster), before, options.messages * options.rounds);
    workers[2] = figures(results, bench);
    const latency = {
      allInOne: await measureLatency(allInOne),
      cluster: await measureLatency(bench),
    };
    await keepWorkers(cluster, 1);
    workers[1] = figures(await rounds([bench], options), bench);
    const unreadBulk = await measureUnreadBulk(cluster, bench, options);
    return {
      allInOne: { ...figures(results, allInOne), latency: latency.allInOne },
      cluster: { ...workers[2], latency: latency.cluster },
      cpuByPart: parts,
      workers,
      unreadBulk,
    };
  } finally {
    for (const one of started.toReversed()) await one.stop();
  }
}

/** Until the compilers of Node and Java have done what they do. */
async function warm(
  bench: Bench,
  { messages, warmMs, progress }: ClusterBenchOptions,
): Promise<void> {
  const end = performance.now() + warmMs;
  do {
    const { messagesPerSecond } = await measure(bench, messages);
    progress(`${bench.name}, not warm: ${round(messagesPerSecond)}/s`);
  } while (performance.now() < end);
}

interface Measured {
  readonly messagesPerSecond: number;
  readonly cpuSecondsPerThousand: number;
}

/** Each site has a source of its own; the doors take turns. */
async function measure(bench: Bench, messages: number): Promise<Measured> {
  const { relay, sink, doors } = bench;
  const each = Math.ceil(messages / DOMAINS.length);
  const total = each * DOMAINS.length;
  const before = sink.count();
  const cpuBefore = cpuSeconds(relay.pids());
  const begin = performance.now();
  await Promise.all(
    DOMAINS.map((domain, at) =>
      smtpSource({
        port: doors[at % doors.length] ?? 0,
        messages: each,
        sessions: SESSIONS_A_SITE,
        sizeBytes: SIZE_BYTES,
        from: 'sender@load.test',
        to: `recipient@${domain}`,
        keepConnections: true,
      }),
    ),
  );
  const isDone = (): boolean => sink.count() - before >= total;
  await waitFor(`${bench.name}: all at the sink`, END_TIMEOUT_MS, isDone, LOOK_EVERY_MS);
  const seconds = (performance.now() - begin) / 1_000;
  await waitFor('an empty queue', END_TIMEOUT_MS, async () => (await relay.queueLength()) === 0);
  const cpu = cpuSeconds(relay.pids()) - cpuBefore;
  const arrived = sink.count() - before;
  if (arrived !== total) throw new Error(`${bench.name}: ${arrived} of ${total} arrived`);
  return { messagesPerSecond: total / seconds, cpuSecondsPerThousand: (cpu * 1_000) / total };
}

async function rounds(
  benches: readonly Bench[],
  options: ClusterBenchOptions,
): Promise<Map<Bench, Measured[]>> {
  const results = new Map<Bench, Measured[]>(benches.map((bench) => [bench, []]));
  for (let number = 0; number < options.rounds; number += 1) {
    for (const bench of number % 2 === 0 ? benches : benches.toReversed()) {
      const measured = await measure(bench, options.messages);
      results.get(bench)?.push(measured);
      options.progress(
        `${bench.name}: ${round(measured.messagesPerSecond)}/s, ` +
          `${round(measured.cpuSecondsPerThousand)} CPU s per 1,000`,
      );
    }
  }
  return results;
}

function figures(results: ReadonlyMap<Bench, readonly Measured[]>, bench: Bench): Figures {
  const measured = results.get(bench) ?? [];
  return {
    messagesPerSecond: spread(measured.map((one) => one.messagesPerSecond)),
    cpuSecondsPerThousand: spread(measured.map((one) => one.cpuSecondsPerThousand)),
  };
}

/** The others end by SIGTERM. */
async function keepWorkers(cluster: Cluster, count: number): Promise<void> {
  const leaving = cluster.of('delivery').slice(count);
  await Promise.all(
    leaving.map(async ({ process }) => process.isRunning && (await process.terminate())),
  );
}

function cpuByPart(cluster: Cluster): Record<string, number> {
  const parts: Record<string, number> = { PostgreSQL: cpuSeconds(cluster.postgres.pids()) };
  const brokers = (cluster.kafka?.brokers ?? []).flatMap(({ pid }) => pid ?? []);
  if (brokers.length > 0) parts['Kafka'] = cpuSeconds(brokers);
  for (const { service, process } of cluster.members) {
    if (!process.isRunning) continue;
    parts[service] = (parts[service] ?? 0) + cpuSeconds(processTree(process.pid));
  }
  return parts;
}

function difference(
  after: Readonly<Record<string, number>>,
  before: Readonly<Record<string, number>>,
  messages: number,
): Record<string, number> {
  const each = Object.entries(after).map(([part, seconds]) => [
    part,
    round(((seconds - (before[part] ?? 0)) * 1_000) / messages),
  ]);
  return Object.fromEntries(each) as Record<string, number>;
}
