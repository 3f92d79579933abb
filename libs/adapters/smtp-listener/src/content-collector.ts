import type { MemoryBudget } from '@staffetta/core';

/** Smaller pieces are copied together: a peer that sends octet by octet must not cost a hundred times its octets. */
const SMALL_BYTES = 1024;
const SLAB_MAX_BYTES = 16 * 1024;

/** Keeps one message's octets within the size limit and the memory budget; past either it keeps nothing more. */
export class ContentCollector {
  /** Octets received, kept or not. */
  sizeBytes = 0;
  failure: 'size' | 'memory' | undefined;
  readonly #sizeMax: number;
  readonly #memory: MemoryBudget;
  #chunks: Buffer[] = [];
  #slab: Buffer | undefined;
  #slabUsed = 0;
  #heldBytes = 0;

  constructor(sizeMax: number, memory: MemoryBudget) {
    this.#sizeMax = sizeMax;
    this.#memory = memory;
  }

  /** The message so far; complete once it has ended. */
  get chunks(): readonly Buffer[] {
    if (this.#slab) this.#endSlab();
    return this.#chunks;
  }

  write(chunk: Buffer): void {
    if (chunk.length === 0) return;
    this.sizeBytes += chunk.length;
    if (this.failure) return;
    if (this.sizeBytes > this.#sizeMax) this.#fail('size');
    else if (chunk.length < SMALL_BYTES) this.#writeSmall(chunk);
    else if (this.#take(chunk.length)) {
      if (this.#slab) this.#endSlab();
      this.#chunks.push(chunk);
    }
  }

  /** Forgets the content and gives its octets back to the budget. */
  release(): void {
    this.#memory.give(this.#heldBytes);
    this.#heldBytes = 0;
    this.#chunks = [];
    this.#slab = undefined;
  }

  #writeSmall(chunk: Buffer): void {
    if (this.#slab && this.#slabUsed + chunk.length > this.#slab.length) this.#endSlab();
    if (!this.#slab) {
      const slabBytes = Math.min(SLAB_MAX_BYTES, Math.max(2 * SMALL_BYTES, this.sizeBytes));
      if (!this.#take(slabBytes)) return;
      this.#slab = Buffer.allocUnsafeSlow(slabBytes);
      this.#slabUsed = 0;
    }
    chunk.copy(this.#slab, this.#slabUsed);
    this.#slabUsed += chunk.length;
  }

  #endSlab(): void {
    this.#chunks.push(this.#slab!.subarray(0, this.#slabUsed));
    this.#slab = undefined;
  }

  #take(bytes: number): boolean {
    if (!this.#memory.take(bytes)) {
      this.#fail('memory');
      return false;
    }
    this.#heldBytes += bytes;
    return true;
  }

  #fail(why: 'size' | 'memory'): void {
    this.release();
    this.failure = why;
  }
}
