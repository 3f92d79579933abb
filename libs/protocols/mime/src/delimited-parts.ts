/** Octets from `start` up to, but not with, `end`. */
export interface Region {
  readonly start: number;
  readonly end: number;
}

/** What is left of the work that one message may cost. */
export interface ScanBudget {
  partsLeft: number;
  bytesLeft: number;
}

/** Longer boundaries are cut: RFC 2046 allows 70. */
export const BOUNDARY_MAX_BYTES = 1_000;

const LF = 10;
const CR = 13;
const DASH = 45;

/**
 * The parts of a multipart's content (RFC 2046 §5.1.1): between its delimiter lines, without the line end before each
 * delimiter. Without a closing delimiter the last part goes to the end.
 */
export function delimitedParts(
  raw: Buffer,
  content: Region,
  boundary: string,
  budget: ScanBudget,
): Region[] {
  const text = boundary.trimEnd().slice(0, BOUNDARY_MAX_BYTES);
  if (text === '') return [];
  budget.bytesLeft -= content.end - content.start;
  if (budget.bytesLeft < 0) return [];
  const needle = Buffer.from(`--${text}`, 'latin1');
  const within = raw.subarray(content.start, content.end);
  const regions: Region[] = [];
  let partStart: number | undefined;
  let from = 0;
  while (from < within.length) {
    const at = within.indexOf(needle, from);
    if (at < 0) break;
    from = at + needle.length;
    const line = at === 0 || within[at - 1] === LF ? delimiterLine(within, from) : undefined;
    if (line === undefined) continue;
    if (partStart !== undefined) regions.push(region(within, content, partStart, at));
    partStart = line.closes || budget.partsLeft <= 0 ? undefined : line.end;
    if (partStart === undefined) return regions;
    budget.partsLeft -= 1;
    from = line.end;
  }
  if (partStart !== undefined) {
    regions.push({ start: content.start + partStart, end: content.end });
  }
  return regions;
}

function region(within: Buffer, content: Region, start: number, delimiter: number): Region {
  let end = delimiter - 1;
  if (end > start && within[end - 1] === CR) end -= 1;
  return { start: content.start + start, end: content.start + Math.max(start, end) };
}

/** What follows the boundary must be the end of the line, after white space or the two dashes that close. */
function delimiterLine(
  within: Buffer,
  from: number,
): { readonly end: number; readonly closes: boolean } | undefined {
  let at = from;
  const closes = within[at] === DASH && within[at + 1] === DASH;
  if (closes) at += 2;
  while (within[at] === 32 || within[at] === 9) at += 1;
  if (within[at] === CR) at += 1;
  if (at >= within.length) return { end: within.length, closes };
  if (within[at] === LF) return { end: at + 1, closes };
  // Some writers put text behind the closing dashes.
  return closes ? { end: at, closes } : undefined;
}
