import type { Clock, ClusterView, Ledger, LedgerState, MailFigures } from '@staffetta/core';
import { ratesOf } from './rates.ts';
import type { Sample } from './rates.ts';

const TICK_MS = 1_000;
/** A computation takes at most a tenth of the time, however many rows it has to read. */
const REST_FACTOR = 9;
const LEDGER_EVERY_MS = 10_000;
/** Samples older than this, from before a time without watchers, tell no rate of now. */
const SAMPLE_LIFE_MS = 30_000;
/** Counters are summed from a fixed minute, which moves on after so long. */
const BASE_MAX_MS = 30 * 60_000;

/** Where the figures come from. */
export interface FigureSources {
  readonly totals: ClusterView['totals'];
  readonly check: Ledger['check'];
  readonly clock: Clock;
}

/** One computation a second for all who watch; none while nobody does. */
export class FigureFeed {
  readonly #sources: FigureSources;
  readonly #watchers = new Set<(figures: MailFigures) => void>();
  #samples: Sample[] = [];
  #baseMs = 0;
  #latest: { readonly figures: MailFigures; readonly atMs: number } | undefined;
  #checked: LedgerState | undefined;
  #checking: Promise<void> | undefined;
  #nextCheckMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;

  constructor(sources: FigureSources) {
    this.#sources = sources;
  }

  /** Calls back about once a second until the returned function is called. */
  watch(onFigures: (figures: MailFigures) => void): () => void {
    this.#watchers.add(onFigures);
    const latest = this.#latest;
    if (latest && this.#sources.clock.now() - latest.atMs < TICK_MS) onFigures(latest.figures);
    if (!this.#timer && !this.#running) this.#run();
    return () => {
      this.#watchers.delete(onFigures);
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
    const figures = await this.#compute().catch((error: unknown): MailFigures => {
      return { kind: 'away', reason: error instanceof Error ? error.message : String(error) };
    });
    this.#latest = { figures, atMs: this.#sources.clock.now() };
    for (const watcher of this.#watchers) watcher(figures);
  }

  async #compute(): Promise<MailFigures> {
    this.#checkLedger();
    const atMs = this.#sources.clock.now();
    const latest = this.#latest;
    const isMoved = atMs - this.#baseMs > BASE_MAX_MS;
    if (isMoved) {
      this.#baseMs = atMs;
      this.#samples = [];
    }
    const totals = await this.#sources.totals(this.#baseMs);
    this.#samples = [...this.#samples, { atMs, totals }].filter(
      (sample) => atMs - sample.atMs < SAMPLE_LIFE_MS,
    );
    const ledger = this.#checked;
    // One sample tells no rate: just after the base has moved, the one before stands.
    if (isMoved && latest?.figures.kind === 'figures' && atMs - latest.atMs < SAMPLE_LIFE_MS) {
      return { ...latest.figures, ledger };
    }
    return { kind: 'figures', rates: ratesOf(this.#samples), ledger };
  }

  /** In the background, since a check may take longer than a second. */
  #checkLedger(): void {
    const { clock, check } = this.#sources;
    if (this.#checking || clock.now() < this.#nextCheckMs) return;
    const startedMs = performance.now();
    this.#checking = check()
      .then(({ balanced, difference }) => {
        this.#checked = { balanced, difference, at: clock.now() };
      })
      // Who reads it sees by `at` that there was no newer one.
      .catch(() => undefined)
      .finally(() => {
        this.#checking = undefined;
        const tookMs = performance.now() - startedMs;
        this.#nextCheckMs = clock.now() + Math.max(LEDGER_EVERY_MS, tookMs * REST_FACTOR);
      });
  }
}
