/** Numbers in one manner everywhere: comma for thousands, point for decimals. */
const LOCALE = 'en-US';

const whole = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 0 });
const tenths = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 1 });
const compact = new Intl.NumberFormat(LOCALE, {
  notation: 'compact',
  maximumSignificantDigits: 4,
});

/** From here on only the first digits are shown. */
const COMPACT_FROM = 1_000_000;
/** Below this a rate's tenths matter. */
const TENTHS_BELOW = 10;

/** A count: exact up to a million, then its first four digits. */
export function formatCount(count: number): string {
  return Math.abs(count) >= COMPACT_FROM ? compact.format(count) : whole.format(count);
}

/** A count with all its digits. */
export function formatExact(count: number): string {
  return whole.format(count);
}

/** A rate a second, with tenths where it is small. */
export function formatRate(rate: number): string {
  const rounded = Math.abs(rate) < TENTHS_BELOW ? tenths.format(rate) : formatCount(rate);
  return rounded === '-0' ? '0' : rounded;
}

/** A number on an axis: as short as can be. */
export function formatTick(value: number): string {
  return Math.abs(value) >= 10_000 ? compact.format(value) : tenths.format(value);
}

/** `1 site`, `2 sites`. */
export function countOf(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}
