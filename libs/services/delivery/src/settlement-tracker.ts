import type { LanePosition } from '@staffetta/core';

/** Which records of one class of a lane are settled: all before a position, and some beyond. */
export class SettlementTracker {
  #position: number;
  readonly #beyond = new Set<number>();

  constructor(saved: LanePosition) {
    this.#position = saved.position;
    for (let index = 0; index < saved.settled.length * 8; index += 1) {
      if ((saved.settled[index >> 3]! & (1 << (index & 7))) !== 0) {
        this.#beyond.add(saved.position + index);
      }
    }
    this.#advance();
  }

  get position(): number {
    return this.#position;
  }

  isSettled(position: number): boolean {
    return position < this.#position || this.#beyond.has(position);
  }

  settle(position: number): void {
    if (position < this.#position) return;
    this.#beyond.add(position);
    this.#advance();
  }

  /** What is to be saved: bit n of the bitmap stands for record position + n. */
  snapshot(): LanePosition {
    if (this.#beyond.size === 0) return { position: this.#position, settled: Buffer.alloc(0) };
    let last = this.#position;
    for (const position of this.#beyond) last = Math.max(last, position);
    const settled = Buffer.alloc(((last - this.#position) >> 3) + 1);
    for (const position of this.#beyond) {
      const index = position - this.#position;
      settled[index >> 3]! |= 1 << (index & 7);
    }
    return { position: this.#position, settled };
  }

  #advance(): void {
    while (this.#beyond.delete(this.#position)) this.#position += 1;
  }
}
