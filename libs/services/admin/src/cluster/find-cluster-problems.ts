import type { ClusterProblem, ClusterSnapshot, Duty } from './cluster-snapshot.ts';
import { instanceProblems } from './instance-problems.ts';
import { lagProblems, laneProblems } from './lane-problems.ts';
import { sayDuration } from './words.ts';

/** Housekeeping is done once a second. */
const HOUSEKEEPING = 'housekeeping';
const HOUSEKEEPING_MS = 60_000;

/** What problems are found from. */
export interface ClusterFacts extends Omit<ClusterSnapshot, 'problems'> {
  /** Names of lags that grow. */
  readonly growing: ReadonlySet<string>;
}

/** What is wrong in the cluster, the worst first. */
export function findClusterProblems(facts: ClusterFacts): readonly ClusterProblem[] {
  const { at, instances, lanes, lag, growing } = facts;
  const unread = new Set(
    lanes.filter(({ owner }) => owner === undefined).map(({ topic }) => topic),
  );
  return [
    ...laneProblems(lanes, instances, at),
    ...instanceProblems(instances, at),
    ...lagProblems(lag, growing, unread, at),
    ...dutyProblems(facts),
  ].sort((a, b) => rank(a) - rank(b));
}

function rank({ severity }: ClusterProblem): number {
  return severity === 'critical' ? 0 : 1;
}

function dutyProblems({ at, instances, duties }: ClusterFacts): readonly ClusterProblem[] {
  const oldest = Math.min(...instances.map(({ startedAtMs }) => startedAtMs));
  const duty: Duty | undefined = duties.find(({ name }) => name === HOUSEKEEPING);
  const idleMs = at - (duty?.atMs ?? oldest);
  if (idleMs < HOUSEKEEPING_MS || instances.length === 0) return [];
  return [
    {
      key: 'housekeeping',
      severity: 'warning',
      title: `Nobody has done the housekeeping for ${sayDuration(idleMs)}`,
      detail: 'The ledger is not summed up, and what is done in the log is not removed: it grows.',
      advice: 'Start events, or look at its log.',
      command: 'npx --no staffetta start events',
    },
  ];
}
