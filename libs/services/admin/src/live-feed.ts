import type {
  Clock,
  ClusterView,
  Ledger,
  OutcomeTotals,
  PartHealth,
  SiteQueue,
} from '@staffetta/core';
import { assessHealth } from './health.ts';

/** Sites shown. */
const SITES_MAX = 100;
const TICK_MS = 1_000;
/** A computation takes at most a tenth of the time, however many rows it has to read. */
const REST_FACTOR = 9;
const LEDGER_EVERY_MS = 10_000;
/** Rates are means over so long, since counters move in steps of about a second. */
const RATE_WINDOW_MS = 3_000;
/** Samples older than this, from before a time without watchers, tell no rate of now. */
const SAMPLE_LIFE_MS = 30_000;
/** Counters are summed from a fixed minute, which moves on after so long. */
const BASE_MAX_MS = 30 * 60_000;

/** What the page shows, once a second. */
export interface LiveSnapshot {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Recipients a second. */
  readonly rates: OutcomeTotals;
  readonly queues: readonly SiteQueue[];
  /** The last check; undefined before the first one has ended. */
  readonly ledger:
    { readonly balanced: boolean; readonly difference: number; readonly at: number } | undefined;
  readonly health: readonly PartHealth[];
}

interface Sample {
  readonly atMs: number;
  readonly totals: OutcomeTotals;
}

/** One computation a second for all who watch; none while nobody does. */
export class LiveFeed {
  readonly #cluster: ClusterView;
  readonly #ledger: Ledger;
  readonly #clock: Clock;
  readonly #watchers = new Set<(snapshot: LiveSnapshot) => void>();
  #samples: Sample[] = [];
  #baseMs = 0;
  #latest: LiveSnapshot | undefined;
  #checked: LiveSnapshot['ledger'];
  #checking: Promise<void> | undefined;
  #nextCheckMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;

  constructor(cluster: ClusterView, ledger: Ledger, clock: Clock) {
    this.#cluster = cluster;
    this.#ledger = ledger;
    this.#clock = clock;
  }

  /** Calls back about once a second until the returned function is called. */
  watch(onSnapshot: (snapshot: LiveSnapshot) => void): () => void {
    this.#watchers.add(onSnapshot);
    if (this.#latest && this.#clock.now() - this.#latest.at < TICK_MS) onSnapshot(this.#latest);
    if (!this.#timer && !this.#running) this.#run();
    return () => {
      this.#watchers.delete(onSnapshot);
      if (this.#watchers.size === 0) this.#rest();
    };
  }

  /** Ends all watching; resolves when nothing runs any more. */
  async stop(): Promise<void> {
    this.#watchers.clear();
    this.#rest();
    await this.#running;
    await this.#checking;
  }

  #rest(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #run(): void {
    const startedMs = performance.now();
    this.#running = this.#tick().finally(() => {
      this.#running = undefined;
      if (this.#watchers.size === 0) return;
      const tookMs = performance.now() - startedMs;
      this.#timer = setTimeout(
        () => {
          this.#timer = undefined;
          this.#run();
        },
        Math.max(TICK_MS - tookMs, tookMs * REST_FACTOR),
      );
    });
  }

  async #tick(): Promise<void> {
    const snapshot = await this.#compute().catch((error: unknown) => this.#unknown(error));
    this.#latest = snapshot;
    for (const watcher of this.#watchers) watcher(snapshot);
  }

  async #compute(): Promise<LiveSnapshot> {
    this.#checkLedger();
    const at = this.#clock.now();
    const latest = this.#latest;
    const isMoved = at - this.#baseMs > BASE_MAX_MS;
    if (isMoved) {
      this.#baseMs = at;
      this.#samples = [];
    }
    const totals = await this.#cluster.totals(this.#baseMs);
    const queues = await this.#cluster.queues({ limit: SITES_MAX });
    const [instances, lanes] = [await this.#cluster.instances(), await this.#cluster.lanes()];
    this.#samples = [...this.#samples, { atMs: at, totals }].filter(
      ({ atMs }) => at - atMs < SAMPLE_LIFE_MS,
    );
    // One sample tells no rate: just after the base has moved, the one before stands.
    const stands = isMoved && latest !== undefined && at - latest.at < SAMPLE_LIFE_MS;
    const rates = stands ? latest.rates : ratesOf(this.#samples);
    const health = assessHealth(instances, lanes);
    return { at, rates, queues, ledger: this.#checked, health };
  }

  /** What is shown while the database does not answer. */
  #unknown(error: unknown): LiveSnapshot {
    const detail = error instanceof Error ? error.message : String(error);
    return {
      at: this.#clock.now(),
      rates: { accepted: 0, delivered: 0, deferred: 0, bounced: 0 },
      queues: this.#latest?.queues ?? [],
      ledger: this.#checked,
      health: [{ name: 'database', ok: false, detail }],
    };
  }

  /** In the background, since a check may take longer than a second. */
  #checkLedger(): void {
    if (this.#checking || this.#clock.now() < this.#nextCheckMs) return;
    const startedMs = performance.now();
    this.#checking = this.#ledger
      .check()
      .then(({ balanced, difference }) => {
        this.#checked = { balanced, difference, at: this.#clock.now() };
      })
      // The page sees by `at` that there was no newer one.
      .catch(() => undefined)
      .finally(() => {
        this.#checking = undefined;
        const tookMs = performance.now() - startedMs;
        this.#nextCheckMs = this.#clock.now() + Math.max(LEDGER_EVERY_MS, tookMs * REST_FACTOR);
      });
  }
}

/** Means over the last RATE_WINDOW_MS. */
export function ratesOf(samples: readonly Sample[]): OutcomeTotals {
  const last = samples.at(-1);
  const first =
    samples.findLast((sample) => last && last.atMs - sample.atMs >= RATE_WINDOW_MS) ?? samples[0];
  const seconds = last && first ? (last.atMs - first.atMs) / 1_000 : 0;
  const rate = (type: keyof OutcomeTotals): number => {
    if (!last || !first || seconds <= 0) return 0;
    return Math.max(0, Math.round(((last.totals[type] - first.totals[type]) / seconds) * 10) / 10);
  };
  return {
    accepted: rate('accepted'),
    delivered: rate('delivered'),
    deferred: rate('deferred'),
    bounced: rate('bounced'),
  };
}
