import type { UidRange } from '@staffetta/core';

/** Ranges in order, without overlap; those that touch become one. */
export function normalRanges(ranges: readonly UidRange[]): UidRange[] {
  const sorted = ranges
    .filter(({ first, last }) => first <= last)
    .sort((a, b) => a.first - b.first);
  const normal: UidRange[] = [];
  for (const range of sorted) {
    const before = normal.at(-1);
    if (before === undefined || range.first > before.last + 1) normal.push(range);
    else if (range.last > before.last) {
      normal[normal.length - 1] = { first: before.first, last: range.last };
    }
  }
  return normal;
}

/** Ascending UIDs as a literal of PostgreSQL's int8multirange. */
export function multirangeOf(uids: readonly number[]): string {
  const pieces: string[] = [];
  for (let from = 0, to = 0; from < uids.length; from = to) {
    do to += 1;
    while (uids[to] === uids[to - 1]! + 1);
    pieces.push(`[${uids[from]},${uids[to - 1]}]`);
  }
  return `{${pieces.join(',')}}`;
}

/** All UIDs of a multirange as PostgreSQL writes it: `{[1,4),[7,8)}`. */
export function uidsOfMultirange(text: string): number[] {
  const uids: number[] = [];
  for (const [, first, end] of text.matchAll(/\[(\d+),(\d+)\)/g)) {
    for (let uid = Number(first); uid < Number(end); uid += 1) uids.push(uid);
  }
  return uids;
}
