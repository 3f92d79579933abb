import { countOf } from '../format/number.ts';
import type { ClusterSnapshot } from './documents.ts';
import { nameHolder } from './lane-words.ts';
import { OwnerBadge } from './owner-badge.tsx';
import type { OwnerMarks } from './owners.ts';
import classes from './owner-legend.module.css';

interface OwnerLegendProps {
  readonly cluster: ClusterSnapshot;
  readonly marks: OwnerMarks;
}

/** Which letter is which process, and how many lanes it owns. */
export function OwnerLegend({ cluster: { instances, lanes }, marks }: OwnerLegendProps) {
  const owned = Map.groupBy(
    lanes.filter(({ owner }) => owner !== undefined),
    ({ owner }) => owner ?? '',
  );
  const owners = [...owned].map(([id, all]) => ({ id, count: all.length, mark: marks.of(id) }));
  return (
    <ul className={classes.owners}>
      {owners
        .sort((a, b) => a.mark.letter.localeCompare(b.mark.letter, 'en'))
        .map(({ id, count, mark }) => (
          <li key={id} className={classes.owner}>
            <OwnerBadge mark={mark} />
            <span>{nameHolder(instances.find((instance) => instance.id === id) ?? { id })}</span>
            <span className={classes.count}>{countOf(count, 'lane')}</span>
          </li>
        ))}
    </ul>
  );
}
