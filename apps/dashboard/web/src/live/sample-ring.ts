import type { Outcomes } from '../api/documents.ts';

/** Rates at one moment; undefined rates are unknown, which a chart shows as a gap. */
export interface Sample {
  readonly atMs: number;
  readonly rates: Outcomes | undefined;
}

/** The last so many samples, oldest first; older ones make room. */
export class SampleRing {
  readonly #capacity: number;
  readonly #samples: Sample[] = [];
  #oldest = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Takes a sample; one that is not newer than the last is left out. */
  push(sample: Sample): void {
    const last = this.last;
    if (last && sample.atMs <= last.atMs) return;
    if (this.#samples.length < this.#capacity) {
      this.#samples.push(sample);
      return;
    }
    this.#samples[this.#oldest] = sample;
    this.#oldest = (this.#oldest + 1) % this.#capacity;
  }

  get last(): Sample | undefined {
    return this.#samples.at(this.#oldest - 1);
  }

  toArray(): readonly Sample[] {
    return [...this.#samples.slice(this.#oldest), ...this.#samples.slice(0, this.#oldest)];
  }
}
