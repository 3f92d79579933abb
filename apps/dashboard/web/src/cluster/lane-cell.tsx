import { memo } from 'react';
import type { OwnerMark } from './owners.ts';
import classes from './lane-map.module.css';

interface LaneCellProps {
  readonly id: string;
  readonly lane: number;
  /** Undefined without an owner. */
  readonly mark: OwnerMark | undefined;
  /** Tab leads here. */
  readonly isStop: boolean;
  readonly onPoint: (key: string) => void;
  readonly onFocus: (key: string) => void;
}

/** A lane. It is painted again only when its owner changes. */
export const LaneCell = memo(
  function LaneCell({ id, lane, mark, isStop, onPoint, onFocus }: LaneCellProps) {
    return (
      <button
        type="button"
        className={classes.cell}
        data-owner={mark?.colour ?? 'none'}
        tabIndex={isStop ? 0 : -1}
        aria-label={mark ? `Lane ${lane}, owner ${mark.letter}` : `Lane ${lane} has no owner`}
        onMouseEnter={() => onPoint(id)}
        onFocus={() => {
          onFocus(id);
          onPoint(id);
        }}
      >
        <span className={classes.number}>{lane}</span>
        <span className={classes.letter}>{mark?.letter ?? '!'}</span>
      </button>
    );
  },
  (a, b) =>
    a.mark?.letter === b.mark?.letter &&
    a.isStop === b.isStop &&
    a.onPoint === b.onPoint &&
    a.onFocus === b.onFocus,
);
