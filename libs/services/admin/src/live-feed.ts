import { WatchedRounds } from '@staffetta/core';
import type {
  Clock,
  ClusterView,
  DeliveryWorkers,
  EventsView,
  Instance,
  LaneView,
  LedgerState,
  MailFigures,
  OutcomeTotals,
  PartHealth,
  SiteQueue,
} from '@staffetta/core';
import { assessHealth, gapsOf } from './health.ts';
import { withLive } from './live-queues.ts';

/** Sites shown. */
const SITES_MAX = 100;
/** Reading rows takes at most a tenth of the time, however many there are. */
const REST_FACTOR = 9;
/** Sites of which each worker is asked: those shown may be at any of them. */
const LIVE_SITES_MAX = 1_000;

/** What the page shows, once a second. */
export interface LiveSnapshot {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Recipients a second; undefined while they are not known. */
  readonly rates: OutcomeTotals | undefined;
  readonly queues: readonly SiteQueue[];
  /** The last check; undefined before the first one has ended. */
  readonly ledger: LedgerState | undefined;
  readonly health: readonly PartHealth[];
}

/** Where a snapshot comes from. */
export interface LiveSources {
  readonly cluster: ClusterView;
  readonly events: EventsView;
  readonly workers: DeliveryWorkers;
  readonly clock: Clock;
}

/** One computation a second for all who watch; none while nobody does. */
export class LiveFeed {
  readonly #sources: LiveSources;
  readonly #rounds: WatchedRounds<LiveSnapshot>;
  #figures: MailFigures | undefined;
  #unwatchFigures: () => void = () => undefined;
  /** Kept while the figures are away: its time says how old it is. */
  #ledger: LedgerState | undefined;
  /** How long the last look at the database took. */
  #readMs = 0;

  constructor(sources: LiveSources) {
    this.#sources = sources;
    this.#rounds = new WatchedRounds({
      clock: sources.clock,
      compute: () => this.#compute().catch((error: unknown) => this.#unknown(error)),
      restMs: () => this.#readMs * REST_FACTOR,
      onFirst: () => this.#follow(),
      onNobody: () => this.#leave(),
    });
  }

  /** Calls back about once a second until the returned function is called. */
  watch(onSnapshot: (snapshot: LiveSnapshot) => void): () => void {
    return this.#rounds.watch(onSnapshot);
  }

  /** Ends all watching; resolves when nothing runs any more. */
  stop(): Promise<void> {
    return this.#rounds.stop();
  }

  #follow(): void {
    this.#unwatchFigures();
    this.#figures = undefined;
    this.#unwatchFigures = this.#sources.events.watch((figures) => {
      this.#figures = figures;
      if (figures.kind === 'figures') this.#ledger = figures.ledger;
    });
  }

  #leave(): void {
    this.#unwatchFigures();
    this.#unwatchFigures = () => undefined;
  }

  async #compute(): Promise<LiveSnapshot> {
    const { workers, clock } = this.#sources;
    // A worker that does not answer is waited for, and no reason to look less often.
    const answers = workers.queues({ limit: LIVE_SITES_MAX });
    const { queues, instances, lanes } = await this.#read();
    const live = await answers;
    const figures = this.#figures;
    return {
      at: clock.now(),
      rates: figures?.kind === 'figures' ? figures.rates : undefined,
      queues: withLive(queues, live),
      ledger: this.#ledger,
      health: [...assessHealth(instances, lanes), ...gapsOf(figures, live, instances)],
    };
  }

  async #read(): Promise<{
    readonly queues: readonly SiteQueue[];
    readonly instances: readonly Instance[];
    readonly lanes: readonly LaneView[];
  }> {
    const { cluster } = this.#sources;
    const startedMs = performance.now();
    try {
      const queues = await cluster.queues({ limit: SITES_MAX });
      return { queues, instances: await cluster.instances(), lanes: await cluster.lanes() };
    } finally {
      this.#readMs = performance.now() - startedMs;
    }
  }

  /** What is shown while the database does not answer. */
  #unknown(error: unknown): LiveSnapshot {
    const detail = error instanceof Error ? error.message : String(error);
    return {
      at: this.#sources.clock.now(),
      rates: undefined,
      queues: this.#rounds.latest?.value.queues ?? [],
      ledger: this.#ledger,
      health: [{ name: 'database', ok: false, detail }],
    };
  }
}
