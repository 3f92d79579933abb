import { SegmentedControl } from '@mantine/core';
import { useMemo, useState } from 'react';
import type { MinuteCounters, Outcomes } from '../api/documents.ts';
import type { Sample } from '../live/sample-ring.ts';
import { Panel } from '../ui/panel.tsx';
import { FlowChart } from './flow-chart.tsx';
import { FlowFigures } from './flow-figures.tsx';
import { liveSamples, minuteSamples, sumOf } from './flow-samples.ts';
import { FlowTable } from './flow-table.tsx';
import { RANGES } from './ranges.ts';
import type { Range } from './ranges.ts';
import { useHistory } from './use-history.ts';

interface FlowPanelProps {
  readonly samples: readonly Sample[];
  readonly rates: Outcomes | undefined;
  readonly nowMs: number;
}

const LIVE = RANGES[0] as Range;
const HOUR = RANGES[1] as Range;
const NONE: readonly MinuteCounters[] = [];

/** What comes in and what becomes of it, now and over time. */
export function FlowPanel({ samples, rates, nowMs }: FlowPanelProps) {
  const [range, setRange] = useState(LIVE);
  const hour = useHistory(HOUR.minutes, HOUR.refreshMs);
  const history = useHistory(range.minutes, range.refreshMs) ?? NONE;
  const shown = useMemo(() => {
    const all =
      range === LIVE ? liveSamples(samples, history, nowMs) : minuteSamples(history, nowMs);
    // One more than fits, so that the line goes to the edge.
    const first = all.findIndex(({ atMs }) => atMs >= nowMs - range.spanMs);
    return all.slice(Math.max(0, first - 1));
  }, [range, samples, history, nowMs]);
  return (
    <Panel
      title="Mail flow"
      note="Recipients a second. A message to three recipients counts three times."
      aside={
        <SegmentedControl
          size="xs"
          withItemsBorders={false}
          aria-label="Time shown"
          value={range.key}
          onChange={(key) => setRange(RANGES.find((one) => one.key === key) ?? LIVE)}
          data={RANGES.map(({ key, label }) => ({ value: key, label }))}
        />
      }
    >
      <FlowFigures rates={rates} hour={hour && sumOf(hour)} />
      <FlowChart
        samples={shown}
        fromMs={nowMs - range.spanMs}
        toMs={nowMs}
        empty={`No mail in the last ${range.words}. The MX listener (port 2525, unless smtp.mxPort is set) takes in what is sent to a domain of yours.`}
        label={`Accepted, delivered, deferred and bounced recipients a second in the last ${range.words}; the table below has the figures`}
      />
      <FlowTable samples={shown} range={range} />
    </Panel>
  );
}
