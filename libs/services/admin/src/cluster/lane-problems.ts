import type { LaneView, TopicLag } from '@staffetta/core';
import type { ClusterInstance, ClusterProblem } from './cluster-snapshot.ts';
import { lagName } from './lag-history.ts';
import { sayCount, sayDuration } from './words.ts';

/** A lane is taken within a second or two of its release, or of the end of a lease of 10 s. */
const HANDOVER_MS = 15_000;
/** What is not delivered at once is parked after 10 s, so nothing in the log should be older. */
const OLD_MS = 60_000;
const VERY_OLD_MS = 5 * 60_000;
/** Bulk mail may stand in the log for long; this many records that grow are worth a look. */
const BULK_RECORDS = 10_000;

/** Which service reads a topic, and what waits while nobody does. */
const READERS: Readonly<Record<string, readonly [service: string, waits: string]>> = {
  accepted: ['router', 'mail that was taken in waits in the log'],
  outbound: ['delivery', 'mail to other servers waits'],
  local: ['mailbox', 'mail to mailboxes waits in the log'],
  events: ['events', 'what happened is not in the trace yet'],
};

/** Lanes that nobody reads, the topics of which are told once. */
export function laneProblems(
  lanes: readonly LaneView[],
  instances: readonly ClusterInstance[],
  at: number,
): readonly ClusterProblem[] {
  const free = Map.groupBy(
    lanes.filter(({ owner }) => owner === undefined),
    ({ topic }) => topic,
  );
  return [...free].map(([topic, orphans]): ClusterProblem => {
    const [service, waits] = READERS[topic] ?? [topic, 'what is in them waits'];
    const isRead = instances.some(({ alive, services }) => alive && services.includes(service));
    const key = `lanes ${topic}`;
    const what = `${sayCount(orphans.length, 'lane')} of ${topic}`;
    if (!isRead) {
      return {
        key,
        severity: 'critical',
        title: `No ${service} runs`,
        detail: `${what} have no owner: ${waits}. Nothing is lost.`,
        advice: `Start ${service}.`,
        command: `npx --no staffetta start ${service}`,
      };
    }
    // A lane that nobody has held yet has waited since a reader came.
    const since = Math.min(...orphans.map(({ heldAtMs }) => heldAtMs ?? at));
    const isLong = at - since > HANDOVER_MS;
    return {
      key,
      severity: isLong ? 'critical' : 'warning',
      title: `${what} ${orphans.length === 1 ? 'has' : 'have'} no owner`,
      detail: isLong
        ? `For ${sayDuration(at - since)}: ${waits}. Nothing is lost.`
        : 'They are being handed over; whoever reads them next takes them within seconds.',
      advice: isLong
        ? `Look at the logs of ${service}: a process that runs should have taken them.`
        : 'Wait a moment.',
    };
  });
}

/** Classes that are read too slowly. What nobody reads at all is told of already. */
export function lagProblems(
  lag: readonly TopicLag[],
  growing: ReadonlySet<string>,
  unread: ReadonlySet<string>,
  at: number,
): readonly ClusterProblem[] {
  return lag
    .filter(({ topic, records }) => records > 0 && !unread.has(topic))
    .flatMap((one) => {
      const ageMs = at - (one.oldestAcceptedAtMs ?? at);
      const isGrowing = growing.has(lagName(one));
      const isSlow = one.bulk ? isGrowing && one.records > BULK_RECORDS : ageMs > OLD_MS;
      if (!isSlow && (one.bulk || !isGrowing)) return [];
      return [lagProblem(one, ageMs, isGrowing)];
    });
}

function lagProblem(lag: TopicLag, ageMs: number, isGrowing: boolean): ClusterProblem {
  const [service = lag.topic] = READERS[lag.topic] ?? [];
  const name = `${lag.topic}${lag.bulk ? ' (bulk)' : ''}`;
  return {
    key: `lag ${lagName(lag)}`,
    severity: !lag.bulk && ageMs > VERY_OLD_MS ? 'critical' : 'warning',
    title: isGrowing ? `The lag of ${name} grows` : `${name} is read too slowly`,
    detail: `${sayCount(lag.records, 'record')} in ${sayCount(lag.lanes, 'lane')}; the oldest was accepted ${sayDuration(ageMs)} ago (lane ${lag.oldestLane ?? '?'}).`,
    advice: `Start more of ${service}, and see whether its processes or the database have no CPU or disk left.`,
  };
}
