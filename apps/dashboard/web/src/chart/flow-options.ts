import type uPlot from 'uplot';
import { formatTick } from '../format/number.ts';
import { formatClock, formatClockSeconds } from '../format/time.ts';
import { SERIES } from './series.ts';

export type Scheme = 'light' | 'dark';

const FONT = "12px Inter, ui-sans-serif, system-ui, -apple-system, 'Segoe UI', sans-serif";
const INK = {
  light: { axis: '#59626e', grid: '#e9ecf0', cursor: '#8c96a3' },
  dark: { axis: '#a0aab7', grid: '#262d37', cursor: '#6d7885' },
} as const;
const LINE_WIDTH = 2;
/** Space above the highest point. */
const HEADROOM = 1.12;
const MINUTE_S = 60;
/** uPlot does its sums in seconds; recipients come in whole numbers, so ticks below 1 help nobody. */
const TICK_STEPS = [1, 2, 5].flatMap((digit) =>
  [1, 10, 100, 1e3, 1e4, 1e5, 1e6].map((power) => digit * power),
);

/** What uPlot needs to draw the four outcomes in a scheme. */
export function flowOptions(
  scheme: Scheme,
  size: { readonly width: number; readonly height: number },
  onCursor: (index: number | null, left: number) => void,
): uPlot.Options {
  const ink = INK[scheme];
  return {
    ...size,
    padding: [8, 20, 0, 0],
    legend: { show: false },
    cursor: {
      y: false,
      move: snap,
      drag: { x: false, y: false },
      points: { size: 8, width: 2 },
    },
    scales: { y: { range: (_, __, max) => [0, Math.max(1, (max ?? 0) * HEADROOM)] } },
    series: [{}, ...SERIES.map((series) => lineOf(series, scheme))],
    axes: [
      { ...axis(ink), values: (_, splits) => clocksOf(splits), space: 90, gap: 8, size: 34 },
      {
        ...axis(ink),
        values: (_, splits) => splits.map(formatTick),
        incrs: TICK_STEPS.sort((a, b) => a - b),
        size: 48,
        gap: 8,
        space: 44,
      },
    ],
    hooks: { setCursor: [({ cursor }) => onCursor(cursor.idx ?? null, cursor.left ?? 0)] },
  };
}

/** The pointer's line stands on the sample that is told. */
function snap(plot: uPlot, left: number, top: number): [number, number] {
  const time = left < 0 ? undefined : plot.data[0][plot.posToIdx(left)];
  return [time === undefined ? left : plot.valToPos(time, 'x'), top];
}

function lineOf(series: (typeof SERIES)[number], scheme: Scheme): uPlot.Series {
  const color = series.color[scheme];
  return {
    label: series.label,
    stroke: color,
    width: LINE_WIDTH,
    points: { show: false },
    ...(series.dash.length === 0 ? {} : { dash: [...series.dash] }),
    // What comes in is the ground on which the outcomes are seen.
    ...(series.key === 'accepted' ? { fill: `${color}1f` } : {}),
  };
}

function axis(ink: (typeof INK)[Scheme]): uPlot.Axis {
  return {
    stroke: ink.axis,
    font: FONT,
    grid: { stroke: ink.grid, width: 1 },
    ticks: { show: false },
  };
}

function clocksOf(splits: readonly number[]): string[] {
  const format = splits.every((split) => split % MINUTE_S === 0) ? formatClock : formatClockSeconds;
  return splits.map((split) => format(split * 1_000));
}
