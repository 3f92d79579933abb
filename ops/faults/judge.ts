/** What became of every message that got a `250`. Everything here is exact: nothing is allowed to be nearly right. */
import { dsnId } from '../../tools/harness/site-servers.ts';
import type { Arrival, Site, SiteServers } from '../../tools/harness/site-servers.ts';
import type { Struck } from './strike.ts';

/**
 * What a worker had in flight, or had settled since its last flush: it had come this long before the fault at most. A
 * flush begins each 50 ms; with the one under way, its transaction and the load of the machine this is its bound.
 */
const UNSETTLED_MAX_MS = 1_000;

export interface Doubled {
  readonly id: string;
  readonly arrivals: readonly Arrival[];
  /** The fault that explains it; undefined: nothing does. */
  readonly cause: string | undefined;
  /** How long before that fault it had come first. */
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
export function findDoubled(sites: SiteServers, faults: readonly Struck[]): Doubled[] {
  return [...sites.arrivals]
    .filter(([, arrivals]) => arrivals.length > 1)
    .map(([id, arrivals]) => explain(id, arrivals, faults));
}

function explain(id: string, arrivals: readonly Arrival[], faults: readonly Struck[]): Doubled {
  // A fault repeats a message once: one that came more often needs more than one cause.
  const cause = arrivals.length > 2 ? undefined : faults.find((fault) => repeats(fault, arrivals));
  if (cause === undefined) return { id, arrivals, cause: undefined, beforeFaultMs: undefined };
  const [first] = arrivals;
  const beforeFaultMs = cause.atMs - (first?.atMs ?? 0);
  return { id, arrivals, cause: `${cause.victim}, ${cause.kind}`, beforeFaultMs };
}

/** The worker that brought it first was struck before it could have written that it had. */
function repeats({ victim, atMs }: Struck, [first]: readonly Arrival[]): boolean {
  if (first === undefined || !first.from.startsWith(`${victim}.`)) return false;
  return Math.abs(atMs - first.atMs) <= UNSETTLED_MAX_MS;
}

/** The longest time in which no message came to this site, while mail for it was sent. */
export function longestGapMs(site: Site, fromMs: number, untilMs: number): number {
  const during = site.arrivalsMs.filter((atMs) => atMs >= fromMs && atMs <= untilMs);
  const marks = [fromMs, ...during, untilMs];
  return Math.max(...marks.slice(1).map((mark, at) => mark - (marks[at] ?? mark)));
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
