import type { ClusterSnapshot } from './documents.ts';
import { nameHolder, saySeconds } from './lane-words.ts';
import classes from './lag-panel.module.css';

const WORDS: Readonly<Record<string, string>> = {
  housekeeping: 'Housekeeping: sums of the ledger, room in the log',
};

/** Duties that one process at a time has, and whose they were last. */
export function DutyList({ cluster }: { readonly cluster: ClusterSnapshot | undefined }) {
  if (!cluster || cluster.duties.length === 0) {
    return (
      <p className={classes.words}>{cluster ? 'Nobody has yet.' : 'Waiting for the first look…'}</p>
    );
  }
  return (
    <dl className={classes.duties}>
      {cluster.duties.map(({ name, instance, atMs }) => (
        <div key={name}>
          <dt>{WORDS[name] ?? name}</dt>
          <dd>
            {nameHolder(cluster.instances.find(({ id }) => id === instance) ?? { id: instance })},{' '}
            {saySeconds(cluster.at - atMs)} ago
          </dd>
        </div>
      ))}
    </dl>
  );
}
