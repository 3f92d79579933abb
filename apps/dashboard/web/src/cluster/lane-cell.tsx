import { VisuallyHidden } from '@mantine/core';
import { memo } from 'react';
import type { OwnerMark } from './owners.ts';
import classes from './lane-map.module.css';

interface LaneCellProps {
  readonly id: string;
  readonly lane: number;
  /** Undefined without an owner. */
  readonly mark: OwnerMark | undefined;
  /** Its owner gives no sign of life. */
  readonly isSilent: boolean;
  /** Tab leads here. */
  readonly isStop: boolean;
  readonly onPoint: (key: string) => void;
  readonly onFocus: (key: string) => void;
}

/** A lane. It is painted again only when its owner changes. */
export const LaneCell = memo(
  function LaneCell({ id, lane, mark, isSilent, isStop, onPoint, onFocus }: LaneCellProps) {
    return (
      <button
        type="button"
        className={classes.cell}
        data-owner={mark?.colour ?? 'none'}
        data-silent={isSilent}
        tabIndex={isStop ? 0 : -1}
        onMouseEnter={() => onPoint(id)}
        onFocus={() => {
          onFocus(id);
          onPoint(id);
        }}
      >
        <span className={classes.number}>
          <VisuallyHidden>Lane </VisuallyHidden>
          {lane}
        </span>
        <span className={classes.letter}>
          <VisuallyHidden>
            {mark ? (isSilent ? 'silent owner ' : 'owner ') : 'without owner '}
          </VisuallyHidden>
          {mark?.letter ?? '!'}
        </span>
      </button>
    );
  },
  (a, b) =>
    a.mark?.letter === b.mark?.letter &&
    a.isSilent === b.isSilent &&
    a.isStop === b.isStop &&
    a.onPoint === b.onPoint &&
    a.onFocus === b.onFocus,
);
