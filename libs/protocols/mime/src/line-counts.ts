import type { Region } from './delimited-parts.ts';

interface Counted extends Pick<Region, 'end'> {
  readonly bodyStart: number;
  lines: number;
}

/** Counts line ends of many, also nested, regions in one pass over the message. */
export class LineCounts {
  readonly #asked: Counted[] = [];

  /** Sets `lines` of the part when `resolve` is called. */
  count(part: Counted): void {
    this.#asked.push(part);
  }

  /** Counts all that was asked for. */
  resolve(raw: Buffer): void {
    const offsets = new Set<number>();
    for (const part of this.#asked) offsets.add(part.bodyStart).add(part.end);
    const before = new Map<number, number>();
    let at = 0;
    let lines = 0;
    for (const offset of [...offsets].sort((a, b) => a - b)) {
      for (; at < offset; at++) if (raw[at] === 10) lines += 1;
      before.set(offset, lines);
    }
    for (const part of this.#asked) {
      part.lines = (before.get(part.end) ?? 0) - (before.get(part.bodyStart) ?? 0);
    }
  }
}
