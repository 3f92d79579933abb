import type { LaneLease } from '@staffetta/core';
import type { Entry } from './entry.ts';
import type { DeliveryOptions } from './options.ts';
import type { OwnedLane } from './owned-lane.ts';
import type { ReadyQueues } from './ready-queues.ts';

/** Rows are looked for this often, in milliseconds; at once again while there are as many as were asked for. */
const PULL_MS = 500;
/** After a look that took long, since there are many sites, this many times as long passes before the next. */
const REST_FACTOR = 4;
const PULL_ROWS_MAX = 500;
/** While memory is scarce: most of a site's rows would find no room. */
const SCARCE_ROWS_MAX = 50;
const ENTRY_OVERHEAD_BYTES = 2_000;

/** Brings scheduled mail back into the ready queues when it is due and there is room for it. */
export class RowPuller {
  readonly #options: DeliveryOptions;
  readonly #queues: ReadyQueues;
  readonly #lanes: ReadonlyMap<number, OwnedLane>;
  readonly #take: (entry: Entry) => void;
  #timer: NodeJS.Timeout | undefined;
  #pulling: Promise<void> | undefined;
  #stopped = false;

  constructor(
    options: DeliveryOptions,
    queues: ReadyQueues,
    lanes: ReadonlyMap<number, OwnedLane>,
    take: (entry: Entry) => void,
  ) {
    this.#options = options;
    this.#queues = queues;
    this.#lanes = lanes;
    this.#take = take;
  }

  start(): void {
    this.#wait(PULL_MS);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#pulling;
  }

  #wait(ms: number): void {
    if (!this.#stopped) this.#timer = setTimeout(() => void (this.#pulling = this.#pull()), ms);
  }

  async #pull(): Promise<void> {
    let lookMs = 0;
    try {
      for (let pulled = PULL_ROWS_MAX; pulled === PULL_ROWS_MAX && !this.#stopped;) {
        const startedAt = performance.now();
        pulled = await this.#pullOnce();
        lookMs = performance.now() - startedAt;
      }
    } catch (error) {
      this.#options.onError(error);
    }
    this.#wait(Math.max(PULL_MS, lookMs * REST_FACTOR));
  }

  async #pullOnce(): Promise<number> {
    const { store, clock } = this.#options;
    const lanes = new Map([...this.#lanes].filter(([, lane]) => isOpen(lane)));
    if (lanes.size === 0) return 0;
    const open = [...lanes.values()];
    const leases: LaneLease[] = open.map((lane) => lane.lease);
    const rows = await store.pull(leases, this.#queues.scarce ? SCARCE_ROWS_MAX : PULL_ROWS_MAX, {
      exclude: open.flatMap((lane) => [...lane.pulledRows]),
      excludeSites: this.#queues.closedSites(clock.now()),
    });
    for (const row of rows) {
      // A lane that was lost and taken again meanwhile is another one: its rows may have changed in between.
      const lane = lanes.get(row.lane);
      if (!lane || !isOpen(lane)) continue;
      lane.pulledRows.add(row.id);
      this.#take({
        lane,
        source: { kind: 'row', id: row.id },
        envelope: row.envelope,
        body: row.body,
        site: row.envelope.route?.site ?? '',
        readAtMs: clock.now(),
        memoryBytes: ENTRY_OVERHEAD_BYTES,
        restarts: 0,
        span: undefined,
        marked: false,
        settled: false,
      });
    }
    return rows.length;
  }
}

function isOpen(lane: OwnedLane): boolean {
  return lane.isReclaimed && !lane.closing && !lane.lost;
}
