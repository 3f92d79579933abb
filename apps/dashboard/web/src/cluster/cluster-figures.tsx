import { formatCount } from '../format/number.ts';
import { formatDuration } from '../format/time.ts';
import type { ClusterSnapshot } from './documents.ts';
import classes from './cluster-figures.module.css';

interface FigureProps {
  readonly name: string;
  readonly value: string;
  /** Of how many. */
  readonly of?: string;
  readonly note: string;
  readonly isBad?: boolean;
}

/** Four numbers that say how large and how well the cluster is. */
export function ClusterFigures({ cluster }: { readonly cluster: ClusterSnapshot | undefined }) {
  return (
    <dl className={classes.figures}>
      {figuresOf(cluster).map((figure) => (
        <Figure key={figure.name} {...figure} />
      ))}
    </dl>
  );
}

function Figure({ name, value, of, note, isBad = false }: FigureProps) {
  return (
    <div className={classes.figure}>
      <dt>{name}</dt>
      <dd data-bad={isBad}>
        <span className={classes.value}>{value}</span>
        {of !== undefined && <span className={classes.of}> of {of}</span>}
        <span className={classes.note}>{note}</span>
      </dd>
    </div>
  );
}

function figuresOf(cluster: ClusterSnapshot | undefined): readonly FigureProps[] {
  const names = [
    'Processes ready',
    'Lanes with an owner',
    'Not settled in the log',
    'Oldest of it',
  ];
  if (!cluster) return names.map((name) => ({ name, value: '–', note: '\u00a0' }));
  const { instances, lanes, lag, at } = cluster;
  const ready = instances.filter((instance) => instance.alive && instance.ready);
  const owned = lanes.filter(({ owner }) => owner !== undefined).length;
  const records = lag.reduce((sum, one) => sum + one.records, 0);
  const oldest = Math.min(...lag.map(({ oldestAcceptedAtMs }) => oldestAcceptedAtMs ?? Infinity));
  const hosts = new Set(instances.map(({ host }) => host)).size;
  const owners = new Set(lanes.flatMap(({ owner }) => owner ?? [])).size;
  const isKnown = lag.length > 0;
  return [
    {
      name: 'Processes ready',
      value: formatCount(ready.length),
      of: formatCount(instances.length),
      note: hosts === 1 ? 'on one host' : `on ${hosts} hosts`,
      isBad: ready.length < instances.length,
    },
    {
      name: 'Lanes with an owner',
      value: formatCount(owned),
      of: formatCount(lanes.length),
      note: owners === 1 ? 'one owner' : `${owners} owners`,
      isBad: owned < lanes.length,
    },
    {
      name: 'Not settled in the log',
      value: isKnown ? formatCount(records) : '–',
      note: isKnown ? 'records, with those being worked on' : 'the log is not in the database',
    },
    {
      name: 'Oldest of it',
      value: Number.isFinite(oldest) ? formatDuration(at - oldest) : '–',
      note: Number.isFinite(oldest) ? 'since it was accepted' : 'nothing waits',
    },
  ];
}
