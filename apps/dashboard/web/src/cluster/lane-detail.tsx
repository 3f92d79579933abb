import { formatDuration } from '../format/time.ts';
import { StateWord } from '../ui/state-word.tsx';
import type { ClusterSnapshot, Lane } from './documents.ts';
import { nameHolder, saySeconds } from './lane-words.ts';
import { OwnerBadge } from './owner-badge.tsx';
import type { OwnerMarks } from './owners.ts';
import classes from './lane-detail.module.css';

interface LaneDetailProps {
  /** The one that is pointed at. */
  readonly lane: Lane | undefined;
  readonly cluster: ClusterSnapshot;
  readonly marks: OwnerMarks;
}

/** All about one lane. */
export function LaneDetail({ lane, cluster, marks }: LaneDetailProps) {
  if (!lane) {
    return (
      <p className={classes.hint}>
        Point at a lane, or go there by Tab and the arrow keys: its owner, epoch and lease stand
        here.
      </p>
    );
  }
  const { topic, lane: number, owner, epoch, untilMs, heldAtMs } = lane;
  const instance = cluster.instances.find(({ id }) => id === owner);
  return (
    <p className={classes.words}>
      <strong>
        {topic} {number}
      </strong>
      {owner === undefined ? (
        <span className={classes.orphan}>
          No owner
          {heldAtMs !== undefined && ` for ${formatDuration(cluster.at - heldAtMs)}`}
        </span>
      ) : (
        <span className={classes.owner}>
          <OwnerBadge mark={marks.of(owner)} />
          {nameHolder(instance ?? { id: owner })}
          {instance?.alive === false && <StateWord state="warn">no sign of life</StateWord>}
        </span>
      )}
      <span>epoch {epoch}</span>
      {owner !== undefined && (
        <span>
          renewed {saySeconds(cluster.at - (heldAtMs ?? cluster.at))} ago, lease ends in{' '}
          {saySeconds(untilMs - cluster.at)}
        </span>
      )}
    </p>
  );
}
