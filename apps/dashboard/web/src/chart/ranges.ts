const MINUTE_MS = 60_000;

/** How much time the chart shows. */
export interface Range {
  readonly key: 'live' | 'hour' | 'day';
  readonly label: string;
  /** In a sentence: `in the last …`. */
  readonly words: string;
  readonly spanMs: number;
  /** Minutes of history that are asked for. */
  readonly minutes: number;
  /** How often history is asked for. */
  readonly refreshMs: number;
  /** Time that a row of the table covers. */
  readonly stepMs: number;
}

export const RANGES: readonly Range[] = [
  {
    key: 'live',
    label: '5 min',
    words: '5 minutes',
    spanMs: 5 * MINUTE_MS,
    minutes: 60,
    refreshMs: 5_000,
    stepMs: 15_000,
  },
  {
    key: 'hour',
    label: '1 h',
    words: 'hour',
    spanMs: 60 * MINUTE_MS,
    minutes: 60,
    refreshMs: 5_000,
    stepMs: 5 * MINUTE_MS,
  },
  {
    key: 'day',
    label: '24 h',
    words: '24 hours',
    spanMs: 1_440 * MINUTE_MS,
    minutes: 1_440,
    refreshMs: 60_000,
    stepMs: 60 * MINUTE_MS,
  },
];
