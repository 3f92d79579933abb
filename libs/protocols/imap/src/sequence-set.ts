/** Numbers `first` to `last`; `*` is Infinity. As given: `first` may be the greater one. */
export interface NumberRange {
  readonly first: number;
  readonly last: number;
}

/** A sequence set (RFC 3501 §9) as given. */
export type SequenceSet = readonly NumberRange[];

/** Ranges of one set. */
export const SET_RANGES_MAX = 20_000;

const SET = /^(?:\d{1,10}|\*)(?::(?:\d{1,10}|\*))?(?:,(?:\d{1,10}|\*)(?::(?:\d{1,10}|\*))?)*$/;
const NUMBER_MAX = 0xffff_ffff;

/** Reads a sequence set; undefined where it is none. */
export function parseSequenceSet(text: string): SequenceSet | undefined {
  if (!SET.test(text)) return undefined;
  const ranges: NumberRange[] = [];
  for (const part of text.split(',')) {
    const [first = '', last = first] = part.split(':');
    const range = { first: bound(first), last: bound(last) };
    if (range.first === 0 || range.last === 0 || ranges.length >= SET_RANGES_MAX) return undefined;
    ranges.push(range);
  }
  return ranges;
}

function bound(text: string): number {
  if (text === '*') return Infinity;
  const value = Number(text);
  return value > NUMBER_MAX ? 0 : value;
}

/** The set with `*` as `greatest`, in order and without overlaps; nothing of it is above `greatest` or below 1. */
export function resolveSet(set: SequenceSet, greatest: number): NumberRange[] {
  const ordered = set
    .map(({ first, last }) => {
      const a = first === Infinity ? greatest : first;
      const b = last === Infinity ? greatest : last;
      return { first: Math.max(1, Math.min(a, b)), last: Math.min(greatest, Math.max(a, b)) };
    })
    .filter(({ first, last }) => first <= last)
    .sort((a, b) => a.first - b.first);
  const merged: { first: number; last: number }[] = [];
  for (const range of ordered) {
    const before = merged.at(-1);
    if (before !== undefined && range.first <= before.last + 1) {
      before.last = Math.max(before.last, range.last);
    } else merged.push({ ...range });
  }
  return merged;
}

/** The highest number asked for by itself; 0 where there is only `*`. */
export function greatestNumber(set: SequenceSet): number {
  let greatest = 0;
  for (const { first, last } of set) {
    if (first !== Infinity) greatest = Math.max(greatest, first);
    if (last !== Infinity) greatest = Math.max(greatest, last);
  }
  return greatest;
}

/** Numbers as a set, in the order given: `1:3,5`. */
export function formatSet(numbers: Iterable<number>): string {
  const parts: string[] = [];
  let first: number | undefined;
  let last = 0;
  const close = (): void => {
    if (first !== undefined) parts.push(first === last ? `${first}` : `${first}:${last}`);
  };
  for (const number of numbers) {
    if (first === undefined || number !== last + 1) {
      close();
      first = number;
    }
    last = number;
  }
  close();
  return parts.join(',');
}
