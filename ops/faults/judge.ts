/** What became of every message that got a `250`. Everything here is exact: nothing is allowed to be nearly right. */
import type { LogKind } from '../../tools/harness/cluster.ts';
import { dsnId } from '../../tools/harness/site-servers.ts';
import type { Arrival, Site, SiteServers } from '../../tools/harness/site-servers.ts';
import { longestGap } from '../../tools/harness/statistics.ts';
import type { Struck } from './strike.ts';

/**
 * What a worker had in flight, or had settled since its last flush: it had come this long before the fault at most. A
 * flush begins each 50 ms; the one under way and the one after it, on a loaded machine, end within this time. With
 * Kafka a flush is a replicated append and a transaction, and takes half a second where all cores are busy.
 */
const UNSETTLED_MAX_MS: Readonly<Record<LogKind, number>> = { postgres: 1_000, kafka: 2_000 };

export interface Doubled {
  readonly id: string;
  readonly arrivals: readonly Arrival[];
  /** The faults that explain it; undefined: nothing does. */
  readonly cause: string | undefined;
  /** How long before its fault it had come, at most. */
  readonly beforeFaultMs: number | undefined;
}

/** Ids without an end: neither taken nor refused; and refused, but its sender was not told. */
export function unended(accepted: Iterable<string>, sites: SiteServers): string[] {
  const { arrivals, refused } = sites;
  return [...accepted].filter((id) =>
    refused.has(id) ? !arrivals.has(dsnId(id) ?? '') : !arrivals.has(id),
  );
}

/** What came more than once, each with the fault that explains it. */
export function findDoubled(
  sites: SiteServers,
  faults: readonly Struck[],
  log: LogKind,
): Doubled[] {
  return [...sites.arrivals]
    .filter(([, arrivals]) => arrivals.length > 1)
    .map(([id, arrivals]) => explain(id, arrivals, faults, UNSETTLED_MAX_MS[log]));
}

/** A fault repeats a message once: what came three times needs two of them. */
function explain(
  id: string,
  arrivals: readonly Arrival[],
  faults: readonly Struck[],
  unsettledMaxMs: number,
): Doubled {
  const inOrder = arrivals.toSorted((a, b) => a.atMs - b.atMs);
  const causes: Struck[] = [];
  let beforeFaultMs = 0;
  for (const arrival of inOrder.slice(0, -1)) {
    const cause = faults.find(
      (fault) => !causes.includes(fault) && repeats(fault, arrival, unsettledMaxMs),
    );
    if (cause === undefined) return { id, arrivals, cause: undefined, beforeFaultMs: undefined };
    causes.push(cause);
    beforeFaultMs = Math.max(beforeFaultMs, cause.atMs - arrival.atMs);
  }
  const words = causes.map(({ victim, kind }) => `${victim}, ${kind}`);
  return { id, arrivals, cause: words.join(' and '), beforeFaultMs };
}

/** The worker that brought it was struck before it could have written that it had. */
function repeats(
  { victim, atMs }: Struck,
  { from, atMs: cameMs }: Arrival,
  unsettledMaxMs: number,
): boolean {
  return from.startsWith(`${victim}.`) && Math.abs(atMs - cameMs) <= unsettledMaxMs;
}

/** The longest time in which none of these messages came, while mail was sent. */
export function longestGapMs(
  arrivalsMs: readonly number[],
  fromMs: number,
  untilMs: number,
): number {
  const during = arrivalsMs.filter((atMs) => atMs >= fromMs && atMs <= untilMs);
  return longestGap([fromMs, ...during, untilMs]);
}

/** The most transactions that ended at this site within any one second. */
export function busiestSecond(site: Site): number {
  const { transactionsMs } = site;
  let most = 0;
  let first = 0;
  for (const [at, endMs] of transactionsMs.entries()) {
    while ((transactionsMs[first] ?? endMs) <= endMs - 1_000) first += 1;
    most = Math.max(most, at - first + 1);
  }
  return most;
}
