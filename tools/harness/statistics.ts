export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export function spread(values: readonly number[]): Spread {
  return {
    median: round(quantile(values, 0.5)),
    min: round(Math.min(...values)),
    max: round(Math.max(...values)),
  };
}

/** The smallest value that at least `share` of all values do not pass; the middle of two for an even half. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = share * sorted.length;
  const upper = sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(at) - 1))] ?? Number.NaN;
  const next = sorted[at] ?? upper;
  return share === 0.5 && Number.isInteger(at) ? (upper + next) / 2 : upper;
}

/** The greatest distance of neighbours among values; 0 where there are none. */
export function longestGap(values: readonly number[]): number {
  let longest = 0;
  let before: number | undefined;
  for (const value of values.toSorted((a, b) => a - b)) {
    longest = Math.max(longest, value - (before ?? value));
    before = value;
  }
  return longest;
}

/** Three digits that mean something. */
export function round(value: number): number {
  return Number(value.toPrecision(3));
}
