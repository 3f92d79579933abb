import { Fragment } from 'react';
import type { Outcomes } from '../api/documents.ts';
import { formatRate } from '../format/number.ts';
import { formatClockSeconds } from '../format/time.ts';
import { SERIES } from './series.ts';
import { Swatch } from './swatch.tsx';
import classes from './flow-chart.module.css';

interface FlowTooltipProps {
  readonly atMs: number;
  readonly rates: Outcomes;
  /** Of the pointer, in pixels from the frame's left. */
  readonly left: number;
  /** The pointer is in the right half, so the tooltip goes to its left. */
  readonly isRight: boolean;
}

const DISTANCE_PX = 14;

/** The figures at one moment of the chart. */
export function FlowTooltip({ atMs, rates, left, isRight }: FlowTooltipProps) {
  const x = isRight ? `calc(${left - DISTANCE_PX}px - 100%)` : `${left + DISTANCE_PX}px`;
  return (
    <div className={classes.tooltip} style={{ left: 0, transform: `translateX(${x})` }} aria-hidden>
      <div className={classes.time}>{formatClockSeconds(atMs)}</div>
      <dl className={classes.values}>
        {SERIES.map((series) => (
          <Fragment key={series.key}>
            <Swatch series={series} />
            <dt>{series.label}</dt>
            <dd>{formatRate(rates[series.key])}</dd>
          </Fragment>
        ))}
      </dl>
    </div>
  );
}
