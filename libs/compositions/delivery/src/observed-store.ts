import type { LaneSettlement, MailEvent } from '@staffetta/core';
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
  ): ReturnType<PostgresDeliveryStore['flush']> {
    const startedMs = performance.now();
    const result = await super.flush(settlements);
    const lost = new Set(result.lost.map(({ lane }) => lane));
    const gone = new Set(result.gone);
    const written = settlements
      .filter(({ lease }) => !lost.has(lease.lane))
      .map((one) => ({ ...one, events: [...one.events, ...eventsOfRows(one, gone)] }));
    this.#observer.flushed(written, performance.now() - startedMs);
    return result;
  }
}

function eventsOfRows({ ofRows }: LaneSettlement, gone: ReadonlySet<number>): readonly MailEvent[] {
  return ofRows.flatMap(({ id, events }) => (gone.has(id) ? [] : events));
}
