import type { ScheduledRow } from '@staffetta/core';
import type { DeliveryOptions } from './options.ts';
import type { OwnedLane } from './owned-lane.ts';

/**
 * What earlier owners of lanes have open still: connections of those that did not let go, until they say that these are
 * closed or are known to be dead, and rows that were kept on the wire at a clean hand-over.
 */
export class EarlierOwners {
  readonly #options: DeliveryOptions;
  /** A lane's sites may have more connections; and rows of it that were not settled in time. */
  readonly #onChange: (lane: OwnedLane, overdue: readonly ScheduledRow[]) => void;
  readonly #watched = new Set<OwnedLane>();
  #looking: Promise<void> | undefined;

  constructor(
    options: DeliveryOptions,
    onChange: (lane: OwnedLane, overdue: readonly ScheduledRow[]) => void,
  ) {
    this.#options = options;
    this.#onChange = onChange;
  }

  /** A lane was taken: no connection is opened for it before it is known what is open. */
  async watch(lane: OwnedLane): Promise<void> {
    this.#watched.add(lane);
    // Lanes come several at a time, and one look is for all.
    await Promise.resolve();
    await this.#looking;
    await this.look();
  }

  /** Looks at the lanes for which something was open at the last look. */
  look(): Promise<void> {
    this.#looking ??= this.#look()
      .catch((error: unknown) => this.#options.onError(error))
      .finally(() => {
        this.#looking = undefined;
      });
    return this.#looking;
  }

  async #look(): Promise<void> {
    for (const lane of this.#watched) if (lane.lost || lane.closing) this.#watched.delete(lane);
    const watched = [...this.#watched];
    if (watched.length === 0) return;
    const { lanes, store } = this.#options;
    const leases = watched.map(({ lease }) => lease);
    const orphaned = new Set((await lanes.orphaned(leases)).map(({ lane }) => lane));
    const { rows, overdue } = await store.keptByOthers(leases);
    for (const lane of watched) {
      const number = lane.lease.lane;
      const kept = rows.filter((row) => row.lane === number);
      lane.isOrphaned = orphaned.has(number);
      lane.connectionsOfOthers = new Map(kept.map(({ site, count }) => [site, count]));
      if (!lane.isOrphaned && kept.length === 0) this.#watched.delete(lane);
      this.#onChange(
        lane,
        overdue.filter((row) => row.lane === number),
      );
    }
  }
}
