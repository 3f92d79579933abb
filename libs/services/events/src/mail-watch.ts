import type {
  ClusterView,
  Handover,
  LaneView,
  Ledger,
  LedgerCheck,
  QueueDepth,
  TenantTotals,
  TopicLag,
} from '@staffetta/core';

/** What was seen in one look. */
export interface MailSight {
  readonly ledger: LedgerCheck;
  readonly depths: readonly QueueDepth[];
  readonly lag: readonly TopicLag[];
  readonly lanes: readonly LaneView[];
  /** Those since the look before, at most `HANDOVERS_MAX`; none at the first. */
  readonly handovers: readonly Handover[];
  /** The largest of the last day. */
  readonly tenants: readonly TenantTotals[];
}

/** Settings of a watch. */
export interface MailWatchOptions {
  readonly ledger: Ledger;
  readonly cluster: ClusterView;
  /** What readers of the log have not settled. */
  readonly lag: () => Promise<readonly TopicLag[]>;
  readonly onSight: (sight: MailSight) => void;
  /** Told when a look failed; the next one comes by itself. */
  readonly onError: (error: unknown) => void;
  readonly everyMs?: number;
}

const EVERY_MS = 10_000;
const HANDOVERS_MAX = 500;
const TENANTS_MAX = 50;
const DAY_MS = 86_400_000;
/** Looking takes at most a tenth of the time, however much there is to count. */
const REST_FACTOR = 9;

/** Checks the ledger and measures what is scheduled, again and again. */
export class MailWatch {
  readonly #options: MailWatchOptions;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #stopped = false;
  /** The newest hand-over that was seen. */
  #handoverId: number | undefined;

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
    const { ledger, cluster, lag, onSight, onError, everyMs = EVERY_MS } = this.#options;
    const startedMs = performance.now();
    try {
      onSight({
        ledger: await ledger.check(),
        depths: await cluster.depths(),
        lag: await lag(),
        lanes: await cluster.lanes(),
        handovers: await this.#newHandovers(),
        tenants: await cluster.largestTenants(Date.now() - DAY_MS, TENANTS_MAX),
      });
    } catch (error) {
      onError(error);
    }
    if (this.#stopped) return;
    const restMs = Math.max(everyMs, (performance.now() - startedMs) * REST_FACTOR);
    this.#timer = setTimeout(() => this.start(), restMs);
  }

  async #newHandovers(): Promise<readonly Handover[]> {
    const newest = await this.#options.cluster.handovers({ limit: HANDOVERS_MAX });
    const seen = this.#handoverId;
    this.#handoverId = newest[0]?.id ?? seen ?? 0;
    return seen === undefined ? [] : newest.filter(({ id }) => id > seen);
  }
}
