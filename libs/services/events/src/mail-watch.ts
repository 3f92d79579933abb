import type { ClusterView, Ledger, LedgerCheck, QueueDepth } from '@staffetta/core';

/** What was seen in one look. */
export interface MailSight {
  readonly ledger: LedgerCheck;
  readonly depths: readonly QueueDepth[];
}

/** Settings of a watch. */
export interface MailWatchOptions {
  readonly ledger: Ledger;
  readonly cluster: ClusterView;
  readonly onSight: (sight: MailSight) => void;
  /** Told when a look failed; the next one comes by itself. */
  readonly onError: (error: unknown) => void;
  readonly everyMs?: number;
}

const EVERY_MS = 10_000;
/** Looking takes at most a tenth of the time, however much there is to count. */
const REST_FACTOR = 9;

/** Checks the ledger and measures what is scheduled, again and again. */
export class MailWatch {
  readonly #options: MailWatchOptions;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #stopped = false;

  constructor(options: MailWatchOptions) {
    this.#options = options;
  }

  start(): void {
    this.#looking = this.#look();
  }

  /** Resolves when nothing runs any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#looking;
  }

  async #look(): Promise<void> {
    const { ledger, cluster, onSight, onError, everyMs = EVERY_MS } = this.#options;
    const startedMs = performance.now();
    try {
      onSight({ ledger: await ledger.check(), depths: await cluster.depths() });
    } catch (error) {
      onError(error);
    }
    if (this.#stopped) return;
    const restMs = Math.max(everyMs, (performance.now() - startedMs) * REST_FACTOR);
    this.#timer = setTimeout(() => this.start(), restMs);
  }
}
