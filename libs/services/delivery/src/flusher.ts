import type { DeliveryStore, LaneLease, LaneSettlement } from '@staffetta/core';
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
  readonly #kept = new Set<Promise<void>>();

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

  /** Something of the lane was settled; a lane that was let go has rows only, each of which is written on its own. */
  settled(lane: OwnedLane): void {
    if (!lane.letGo) {
      this.wake();
      return;
    }
    const { settlement } = lane.takeSettlement();
    const writing = this.#settleKept(lane, settlement).finally(() => this.#kept.delete(writing));
    this.#kept.add(writing);
  }

  /** Resolves when what was settled of lanes that were let go is written, or its time is over. */
  async keptSettled(): Promise<void> {
    await Promise.all(this.#kept);
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

  async #settleKept(lane: OwnedLane, settlement: LaneSettlement): Promise<void> {
    while (performance.now() < lane.keptUntilMs) {
      try {
        await this.#store.settleKept(settlement);
        return;
      } catch (error) {
        this.#onError(error);
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
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
