import type { Outcomes } from '../api/documents.ts';
import { formatCount, formatExact, formatRate } from '../format/number.ts';
import { SERIES } from './series.ts';
import type { Series } from './series.ts';
import { Swatch } from './swatch.tsx';
import classes from './flow-figures.module.css';

interface FlowFiguresProps {
  readonly rates: Outcomes | undefined;
  /** Sums over the last hour. */
  readonly hour: Outcomes | undefined;
}

/** The rates of now, large; they are the chart's key too. */
export function FlowFigures({ rates, hour }: FlowFiguresProps) {
  return (
    <dl className={classes.figures}>
      {SERIES.map((series) => (
        <Figure
          key={series.key}
          series={series}
          rate={rates?.[series.key]}
          count={hour?.[series.key]}
        />
      ))}
    </dl>
  );
}

interface FigureProps {
  readonly series: Series;
  readonly rate: number | undefined;
  readonly count: number | undefined;
}

function Figure({ series, rate, count }: FigureProps) {
  return (
    <div className={classes.figure}>
      <dt className={classes.label} title={series.meaning}>
        <Swatch series={series} />
        {series.label}
      </dt>
      <dd className={classes.rate} data-figure={`${series.key}-rate`}>
        {rate === undefined ? '–' : formatRate(rate)}
        <span className={classes.unit}>/s</span>
      </dd>
      <dd className={classes.hour}>
        <span
          data-figure={`${series.key}-hour`}
          title={count === undefined ? undefined : formatExact(count)}
        >
          {count === undefined ? '–' : formatCount(count)}
        </span>{' '}
        in the last hour
      </dd>
    </div>
  );
}
