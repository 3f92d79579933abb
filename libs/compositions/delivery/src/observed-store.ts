import type { LaneLease, LaneSettlement } from '@staffetta/core';
import { PostgresDeliveryStore } from '@staffetta/postgres';
import type { OutcomeObserver } from './outcome-metrics.ts';

/** The store of delivery, which tells an observer what it has written. */
export class ObservedDeliveryStore extends PostgresDeliveryStore {
  readonly #observer: OutcomeObserver;

  constructor(
    observer: OutcomeObserver,
    ...store: ConstructorParameters<typeof PostgresDeliveryStore>
  ) {
    super(...store);
    this.#observer = observer;
  }

  override async flush(
    settlements: readonly LaneSettlement[],
  ): Promise<{ readonly lost: readonly LaneLease[] }> {
    const startedMs = performance.now();
    const result = await super.flush(settlements);
    const lost = new Set(result.lost.map(({ lane }) => lane));
    const written = settlements.filter(({ lease }) => !lost.has(lease.lane));
    this.#observer.flushed(written, performance.now() - startedMs);
    return result;
  }
}
