import type { LanePosition } from '@staffetta/core';

/**
 * Which records of one class of a lane are settled: all before a position, and some beyond. Positions at which there
 * is no record count as settled.
 */
export class SettlementTracker {
  #next: number;
  /** Records that were read and have no outcome yet, in order. */
  readonly #open = new Set<number>();
  /** What an earlier owner settled beyond its position and is not read again yet, in order. */
  readonly #ahead = new Set<number>();

  constructor(saved: LanePosition) {
    this.#next = saved.position;
    for (let index = 0; index < saved.settled.length * 8; index += 1) {
      if ((saved.settled[index >> 3]! & bitOf(index)) !== 0) {
        this.#ahead.add(saved.position + index);
      }
    }
    this.#passSettled();
  }

  /** Where reading goes on. */
  get next(): number {
    return this.#next;
  }

  /** Everything before it is settled. */
  get position(): number {
    for (const first of this.#open) return first;
    return this.#next;
  }

  /** The record at this position was read, the next one after those before; false where it is settled already. */
  read(position: number): boolean {
    // One that was passed with those before it: it was read in the same batch.
    if (position < this.#next) return false;
    const isSettled = this.#ahead.has(position);
    this.#next = position + 1;
    for (const passed of this.#ahead) {
      if (passed > position) break;
      this.#ahead.delete(passed);
    }
    if (!isSettled) this.#open.add(position);
    this.#passSettled();
    return !isSettled;
  }

  settle(position: number): void {
    this.#open.delete(position);
  }

  /** What is to be saved: bit n of the bitmap stands for record position + n. */
  snapshot(): LanePosition {
    const { position } = this;
    let end = this.#next;
    for (const ahead of this.#ahead) end = ahead + 1;
    const settled = Buffer.alloc((end - position + 7) >> 3);
    const read = this.#next - position;
    settled.fill(0xff, 0, read >> 3);
    if ((read & 7) !== 0) settled[read >> 3] = (1 << (read & 7)) - 1;
    for (const open of this.#open) settled[(open - position) >> 3]! &= ~bitOf(open - position);
    for (const ahead of this.#ahead) settled[(ahead - position) >> 3]! |= bitOf(ahead - position);
    return { position, settled: withoutEmptyEnd(settled) };
  }

  #passSettled(): void {
    while (this.#ahead.delete(this.#next)) this.#next += 1;
  }
}

function bitOf(index: number): number {
  return 1 << (index & 7);
}

function withoutEmptyEnd(bitmap: Buffer): Buffer {
  let length = bitmap.length;
  while (length > 0 && bitmap[length - 1] === 0) length -= 1;
  return bitmap.subarray(0, length);
}
