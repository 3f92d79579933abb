import { ApiError } from '../api/request.ts';
import { countOf } from '../format/number.ts';
import { formatClockSeconds } from '../format/time.ts';
import type { ClusterProblem, ClusterSnapshot } from './documents.ts';

/** Nothing came back: what is shown is as old as the last look. */
export function awayProblem(error: Error, lastMs: number | undefined): ClusterProblem {
  const shown =
    lastMs === undefined ? '' : ` The page shows how things were at ${formatClockSeconds(lastMs)}.`;
  const isDatabase = error instanceof ApiError && error.status === 503;
  return {
    key: 'away',
    severity: 'critical',
    title: isDatabase ? 'The database cannot be reached' : 'The dashboard does not answer',
    detail: isDatabase
      ? `No mail is taken in meanwhile (451: clients try again), and none that was accepted is lost.${shown}`
      : `${error.message}${shown}`,
    advice: isDatabase
      ? 'Bring PostgreSQL back. Every service goes on by itself as soon as it answers.'
      : 'See whether its process runs and the network reaches it. Mail does not need the dashboard.',
  };
}

/** The whole cluster in one sentence, where nothing is wrong with it. */
export function sayWell({ instances, lanes, lag, at }: ClusterSnapshot): string {
  const records = lag.reduce((sum, one) => sum + one.records, 0);
  const oldest = Math.min(at, ...lag.map(({ oldestAcceptedAtMs }) => oldestAcceptedAtMs ?? at));
  const versions = [...new Set(instances.map(({ version }) => version))];
  const waits =
    records === 0
      ? 'nothing stands unsettled in the log'
      : `${countOf(records, 'record')} ${records === 1 ? 'is' : 'are'} being worked on, none older than ${Math.ceil((at - oldest) / 1_000)} s`;
  return [
    `${countOf(instances.length, 'process', 'processes')} of version ${versions.join(', ')} ${instances.length === 1 ? 'is' : 'are'} ready`,
    `all ${countOf(lanes.length, 'lane')} have an owner`,
    ...(lag.length === 0 ? [] : [waits]),
  ]
    .join('; ')
    .concat('.');
}
