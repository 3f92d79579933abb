import type { Clock } from './ports/clock.ts';

/** From one computation to the next at least, in milliseconds. */
const TICK_MS = 1_000;

/** What is computed for those who watch. */
export interface WatchedWork<Value> {
  readonly clock: Clock;
  /** Does not reject. */
  compute(): Promise<Value>;
  /** How long to rest at least after a computation that took so long, in milliseconds. */
  restMs(tookMs: number): number;
  /** The first one watches: before anything is computed. */
  onFirst?(): void;
  /** Nobody watches any more. */
  onNobody?(): void;
}

/** One computation a second for all who watch; none while nobody does. */
export class WatchedRounds<Value> {
  readonly #work: WatchedWork<Value>;
  readonly #watchers = new Set<(value: Value) => void>();
  #latest: { readonly value: Value; readonly atMs: number } | undefined;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;

  constructor(work: WatchedWork<Value>) {
    this.#work = work;
  }

  /** What was computed last, and when, in milliseconds since 1970. */
  get latest(): { readonly value: Value; readonly atMs: number } | undefined {
    return this.#latest;
  }

  /** Calls back about once a second until the returned function is called. */
  watch(onValue: (value: Value) => void): () => void {
    if (this.#watchers.size === 0) this.#work.onFirst?.();
    this.#watchers.add(onValue);
    const latest = this.#latest;
    if (latest && this.#work.clock.now() - latest.atMs < TICK_MS) onValue(latest.value);
    if (!this.#timer && !this.#running) this.#run();
    return () => {
      this.#watchers.delete(onValue);
      if (this.#watchers.size === 0) this.#rest();
    };
  }

  /** Ends all watching; resolves when nothing runs any more. */
  async stop(): Promise<void> {
    this.#watchers.clear();
    this.#rest();
    await this.#running;
  }

  #rest(): void {
    this.#work.onNobody?.();
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
        Math.max(TICK_MS - tookMs, this.#work.restMs(tookMs)),
      );
    });
  }

  async #tick(): Promise<void> {
    const value = await this.#work.compute();
    this.#latest = { value, atMs: this.#work.clock.now() };
    for (const watcher of this.#watchers) watcher(value);
  }
}
