import type { KeptSettlement, LaneLease, LaneSettlement } from '@staffetta/core';
import type { DeliveryOptions } from './options.ts';
import type { OwnedLane } from './owned-lane.ts';
import type { ParkRoom } from './parking.ts';

/** Outcomes are written this often, in milliseconds. */
const FLUSH_MS = 50;
/** A flush that failed is repeated after this time, in milliseconds. */
const RETRY_MS = 250;
/**
 * What one flush writes as rows, all lanes together: more would make it last so long that a worker that dies has much
 * to repeat.
 */
const PARK_MAX: ParkRoom = { rows: 100, bytes: 2 * 1024 * 1024 };
const NO_ROOM: ParkRoom = { rows: 0, bytes: 0 };

interface Pending {
  readonly lane: OwnedLane;
  readonly settlement: LaneSettlement;
  readonly rows: ReadonlySet<number>;
}

/** Writes the settlements of all lanes, one transaction at a time. */
export class Flusher {
  readonly #options: Pick<DeliveryOptions, 'store' | 'metrics' | 'onError'>;
  readonly #lanes: ReadonlyMap<number, OwnedLane>;
  readonly #onLost: (lease: LaneLease) => void;
  #timer: NodeJS.Timeout | undefined;
  #flushing: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  readonly #kept = new Set<Promise<void>>();

  constructor(
    options: Pick<DeliveryOptions, 'store' | 'metrics' | 'onError'>,
    lanes: ReadonlyMap<number, OwnedLane>,
    onLost: (lease: LaneLease) => void,
  ) {
    this.#options = options;
    this.#lanes = lanes;
    this.#onLost = onLost;
  }

  /** Something was settled: it is written soon. */
  wake(): void {
    this.#timer ??= setTimeout(() => void this.#flush(), FLUSH_MS);
  }

  /** Something of the lane was settled; a lane that was let go has rows only, each of which is written on its own. */
  settled(lane: OwnedLane): void {
    if (!lane.letGo) {
      this.wake();
      return;
    }
    const { settlement } = lane.takeSettlement(NO_ROOM);
    const writing = this.#settleKept(lane, settlement).finally(() => this.#kept.delete(writing));
    this.#kept.add(writing);
  }

  /** Resolves when what was settled of lanes that were let go is written, or its time is over. */
  async keptSettled(): Promise<void> {
    await Promise.all(this.#kept);
  }

  /** Resolves when all that was settled of the lane before the call is written, what is parked too; or it is lost. */
  async flush(lane: OwnedLane): Promise<void> {
    do await this.#flush();
    while (lane.waitingToPark > 0 && !lane.lost);
  }

  /** The next flush: one for all who ask for it before it begins. */
  #flush(): Promise<void> {
    this.#next ??= this.#flushNext();
    return this.#next;
  }

  async #flushNext(): Promise<void> {
    await this.#flushing;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#next = undefined;
    this.#flushing = this.#flushAll().finally(() => {
      this.#flushing = undefined;
      this.#goOn();
    });
    await this.#flushing;
  }

  /** What is parked and found no room goes into the next flush, at once. */
  #goOn(): void {
    const waits = [...this.#lanes.values()].some((lane) => lane.waitingToPark > 0 && !lane.lost);
    if (!waits) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#flush(), 0);
  }

  async #settleKept(lane: OwnedLane, settlement: KeptSettlement): Promise<void> {
    while (performance.now() < lane.keptUntilMs) {
      try {
        await this.#options.store.settleKept(settlement);
        return;
      } catch (error) {
        this.#options.onError(error);
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  async #flushAll(): Promise<void> {
    let pending = this.#takeAll();
    for (;;) {
      pending = pending.filter(({ lane }) => !lane.lost);
      if (pending.length === 0) return;
      try {
        const { lost, gone } = await this.#options.store.flush(
          pending.map((one) => one.settlement),
        );
        for (const lease of lost) this.#onLost(lease);
        this.#countDoubles(pending, gone);
        for (const { lane, rows } of pending) for (const id of rows) lane.pulledRows.delete(id);
        return;
      } catch (error) {
        this.#options.onError(error);
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  /** Lanes with little to park go first, so that those with much share what they leave. */
  #takeAll(): Pending[] {
    const dirty = [...this.#lanes.values()]
      .filter((lane) => lane.dirty && !lane.lost)
      .sort((a, b) => a.waitingToPark - b.waitingToPark);
    let { rows, bytes } = PARK_MAX;
    return dirty.map((lane, index) => {
      const lanesLeft = dirty.length - index;
      const taken = lane.takeSettlement({ rows: rows / lanesLeft, bytes: bytes / lanesLeft });
      const { inserts } = taken.settlement;
      rows -= inserts.length;
      bytes -= inserts.reduce((sum, { body }) => sum + body.sizeBytes, 0);
      return { lane, ...taken };
    });
  }

  /** A row whose end was told already was sent twice. */
  #countDoubles(pending: readonly Pending[], gone: readonly number[]): void {
    if (gone.length === 0) return;
    const ids = new Set(gone);
    const doubles = pending
      .flatMap(({ settlement }) => settlement.ofRows)
      .filter(({ id }) => ids.has(id))
      .flatMap(({ events }) => events.filter(({ type }) => type === 'delivered'));
    if (doubles.length > 0) this.#options.metrics.doubled(doubles.length);
  }
}
