import { useState } from 'react';
import { formatRate } from '../format/number.ts';
import { formatClock, formatClockSeconds } from '../format/time.ts';
import type { Sample } from '../live/sample-ring.ts';
import { ScrollRegion } from '../ui/scroll-region.tsx';
import table from '../ui/data-table.module.css';
import { meansByStep } from './flow-samples.ts';
import type { Range } from './ranges.ts';
import { SERIES } from './series.ts';
import classes from './flow-table.module.css';

interface FlowTableProps {
  readonly samples: readonly Sample[];
  readonly range: Range;
}

const MINUTE_MS = 60_000;

/** The chart's figures as a table, for those who cannot see it or want to copy it. */
export function FlowTable({ samples, range }: FlowTableProps) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details
      className={classes.details}
      onToggle={({ currentTarget }) => setOpen(currentTarget.open)}
    >
      <summary className={classes.summary}>Show as a table</summary>
      {isOpen && <Rows samples={samples} range={range} />}
    </details>
  );
}

function Rows({ samples, range }: FlowTableProps) {
  const clock = range.stepMs < MINUTE_MS ? formatClockSeconds : formatClock;
  return (
    <ScrollRegion label="Mail flow as a table">
      <table className={table.table}>
        <thead>
          <tr>
            <th scope="col">From</th>
            {SERIES.map(({ key, label }) => (
              <th key={key} scope="col" className={table.number}>
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {meansByStep(samples, range.stepMs).map(({ atMs, rates }) => (
            <tr key={atMs}>
              <th scope="row" className={classes.time}>
                {clock(atMs)}
              </th>
              {SERIES.map(({ key }) => (
                <td key={key} className={table.number}>
                  {rates === undefined ? '' : formatRate(rates[key])}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollRegion>
  );
}
