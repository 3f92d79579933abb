import { WatchedRounds } from '@staffetta/core';
import type { Clock, ClusterView, Ledger, LedgerState, MailFigures } from '@staffetta/core';
import { ratesOf } from './rates.ts';
import type { Sample } from './rates.ts';

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
  readonly #rounds: WatchedRounds<MailFigures>;
  #samples: Sample[] = [];
  #baseMs = 0;
  #checked: LedgerState | undefined;
  #checking: Promise<void> | undefined;
  #nextCheckMs = 0;

  constructor(sources: FigureSources) {
    this.#sources = sources;
    this.#rounds = new WatchedRounds({
      clock: sources.clock,
      compute: () => this.#computeOrSay(),
      restMs: (tookMs) => tookMs * REST_FACTOR,
    });
  }

  /** Calls back about once a second until the returned function is called. */
  watch(onFigures: (figures: MailFigures) => void): () => void {
    return this.#rounds.watch(onFigures);
  }

  /** Ends all watching; resolves when nothing runs any more. */
  async stop(): Promise<void> {
    await this.#rounds.stop();
    await this.#checking;
  }

  #computeOrSay(): Promise<MailFigures> {
    return this.#compute().catch((error: unknown): MailFigures => {
      return { kind: 'away', reason: error instanceof Error ? error.message : String(error) };
    });
  }

  async #compute(): Promise<MailFigures> {
    this.#checkLedger();
    const atMs = this.#sources.clock.now();
    const { latest } = this.#rounds;
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
    if (isMoved && latest?.value.kind === 'figures' && atMs - latest.atMs < SAMPLE_LIFE_MS) {
      return { ...latest.value, ledger };
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
