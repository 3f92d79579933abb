import { useComputedColorScheme } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { Sample } from '../live/sample-ring.ts';
import { flowOptions } from './flow-options.ts';
import { FlowTooltip } from './flow-tooltip.tsx';
import { SERIES } from './series.ts';
import classes from './flow-chart.module.css';

interface FlowChartProps {
  readonly samples: readonly Sample[];
  readonly fromMs: number;
  readonly toMs: number;
  /** What the picture shows, in words. */
  readonly label: string;
  /** Told where nothing moved in all that time. */
  readonly empty: string;
}

interface Hover {
  readonly index: number;
  readonly left: number;
}

/** The four outcomes over time, as lines; the sample under the pointer is told beside it. */
export function FlowChart({ samples, fromMs, toMs, label, empty }: FlowChartProps) {
  const scheme = useComputedColorScheme('light', { getInitialValueInEffect: false });
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(null);
  const [hover, setHover] = useState<Hover>();

  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const onCursor = (index: number | null, left: number) =>
      setHover(index === null || left < 0 ? undefined : { index, left });
    const made = new uPlot(flowOptions(scheme, sizeOf(element), onCursor), [[]], element);
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize(sizeOf(element)));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [scheme]);

  useEffect(() => {
    const made = plot.current;
    made?.batch(() => {
      made.setData(columnsOf(samples), false);
      made.setScale('x', { min: fromMs / 1_000, max: toMs / 1_000 });
    });
  }, [scheme, samples, fromMs, toMs]);

  const sample = hover && samples[hover.index];
  return (
    <div className={classes.frame}>
      <div ref={box} role="img" aria-label={label} className={classes.plot} />
      {!samples.some(isMoving) && <p className={classes.empty}>{empty}</p>}
      {hover && sample?.rates && (
        <FlowTooltip
          atMs={sample.atMs}
          rates={sample.rates}
          left={hover.left + (plot.current?.bbox.left ?? 0) / devicePixelRatio}
          isRight={hover.left > (box.current?.clientWidth ?? 0) / 2}
        />
      )}
    </div>
  );
}

function isMoving({ rates }: Sample): boolean {
  return rates !== undefined && SERIES.some(({ key }) => rates[key] > 0);
}

function sizeOf({ clientWidth, clientHeight }: HTMLElement) {
  return { width: clientWidth, height: clientHeight };
}

/** Times in seconds, then a column for each outcome; null is a gap. */
function columnsOf(samples: readonly Sample[]): uPlot.AlignedData {
  return [
    samples.map(({ atMs }) => atMs / 1_000),
    ...SERIES.map(({ key }) => samples.map(({ rates }) => rates?.[key] ?? null)),
  ];
}
