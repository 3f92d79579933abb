import type { DeliveryStore, LaneLease } from '@staffetta/core';
import type { OwnedLane } from './owned-lane.ts';

/** Outcomes are written this often, in milliseconds. */
const FLUSH_MS = 50;
/** A flush that failed is repeated after this time, in milliseconds. */
const RETRY_MS = 250;

/** Writes the settlements of all lanes, one transaction at a time. */
export class Flusher {
  readonly #store: DeliveryStore;
  readonly #lanes: ReadonlyMap<number, OwnedLane>;
  readonly #onLost: (lease: LaneLease) => void;
  readonly #onError: (error: unknown) => void;
  #timer: NodeJS.Timeout | undefined;
  #flushing: Promise<void> | undefined;

  constructor(
    store: DeliveryStore,
    lanes: ReadonlyMap<number, OwnedLane>,
    onLost: (lease: LaneLease) => void,
    onError: (error: unknown) => void,
  ) {
    this.#store = store;
    this.#lanes = lanes;
    this.#onLost = onLost;
    this.#onError = onError;
  }

  /** Something was settled: it is written soon. */
  wake(): void {
    this.#timer ??= setTimeout(() => void this.flush(), FLUSH_MS);
  }

  /** Resolves when all that was settled before the call is written, or its lane is lost. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    while (this.#flushing) await this.#flushing;
    this.#flushing = this.#flushAll().finally(() => {
      this.#flushing = undefined;
    });
    await this.#flushing;
  }

  async #flushAll(): Promise<void> {
    const dirty = [...this.#lanes.values()].filter((lane) => lane.dirty && !lane.lost);
    let pending = dirty.map((lane) => ({ lane, ...lane.takeSettlement() }));
    for (;;) {
      pending = pending.filter(({ lane }) => !lane.lost);
      if (pending.length === 0) return;
      try {
        const { lost } = await this.#store.flush(pending.map((one) => one.settlement));
        for (const lease of lost) this.#onLost(lease);
        for (const { lane, rows } of pending) for (const id of rows) lane.pulledRows.delete(id);
        return;
      } catch (error) {
        this.#onError(error);
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }
}
