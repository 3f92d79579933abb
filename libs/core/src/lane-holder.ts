import type { Clock } from './ports/clock.ts';
import type { LaneLease, LaneUsage, Lanes, LeasedTopic, TakenLane } from './ports/lanes.ts';
import type { Topic } from './ports/log.ts';

/** How often leases are renewed and lanes balanced, in milliseconds. */
const TEND_MS = 1_000;
/** Nothing is started in the last part of a lease that could not be renewed, in milliseconds. */
const LAST_PART_MS = 3_000;

/** What a reader of lanes does when they come and go. */
export interface LaneHolderOptions<Of extends LeasedTopic = Topic> {
  readonly lanes: Lanes;
  readonly topic: Of;
  readonly owner: string;
  readonly clock: Clock;
  onTaken(lane: TakenLane<Of>): void;
  /** The lane is another's or its lease has ended: nothing of it may be settled or sent any more. */
  onLost(lane: LaneLease<Of>): void;
  /**
   * The lane is to be let go: start nothing more of it, settle what there is; it is released afterwards, with what was
   * used of limits.
   */
  onRelease(lane: LaneLease<Of>): Promise<LaneUsage | void>;
  onError(error: unknown): void;
}

/** Holds this process's share of a topic's lanes: renews, takes, loses and lets go. */
export class LaneHolder<Of extends LeasedTopic = Topic> {
  readonly #options: LaneHolderOptions<Of>;
  readonly #held = new Map<number, TakenLane<Of>>();
  readonly #releasing = new Map<number, Promise<void>>();
  #renewedAtMs = Number.NEGATIVE_INFINITY;
  #expiry: NodeJS.Timeout | undefined;
  #stopping = false;
  #timer: NodeJS.Timeout | undefined;
  #tending: Promise<void> | undefined;

  constructor(options: LaneHolderOptions<Of>) {
    this.#options = options;
  }

  /** The lanes held now. */
  get held(): ReadonlyMap<number, TakenLane<Of>> {
    return this.#held;
  }

  /** Whether work may be started: not in the last seconds of leases that could not be renewed. */
  get mayStart(): boolean {
    return this.#options.clock.now() < this.#endsAtMs - LAST_PART_MS;
  }

  /** Whether the leases last still: what was started before may be ended. */
  get mayEnd(): boolean {
    return this.#options.clock.now() < this.#endsAtMs;
  }

  get #endsAtMs(): number {
    return this.#renewedAtMs + this.#options.lanes.leaseMs;
  }

  /** Takes lanes now and goes on tending them. */
  async start(): Promise<void> {
    await this.#tend();
    this.#timer = setInterval(() => {
      // A renewal that nobody answers must not keep a lease that has ended.
      this.#dropExpired();
      void this.#tend();
    }, TEND_MS);
  }

  /** Lets go of all lanes cleanly, each as soon as it can be; leases are renewed until then. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all([...this.#held.values()].map((lane) => this.#release(lane)));
    clearInterval(this.#timer);
    await this.#tending;
    clearTimeout(this.#expiry);
    // Those that came in a last answer, untouched, and those that were being let go already.
    await Promise.all(this.#releasing.values());
    await this.#options.lanes.release([...this.#held.values()]);
    this.#held.clear();
  }

  #tend(): Promise<void> {
    this.#tending ??= this.#tendOnce()
      .catch((error: unknown) => this.#options.onError(error))
      .finally(() => {
        this.#tending = undefined;
        this.#dropExpired();
      });
    return this.#tending;
  }

  async #tendOnce(): Promise<void> {
    const { lanes, topic, owner, clock } = this.#options;
    const startedAtMs = clock.now();
    const held = [...this.#held.values()];
    const takesNone = this.#stopping;
    const { taken, lost, release } = await lanes.tend(topic, owner, held, { takesNone });
    this.#renewed(startedAtMs);
    for (const lease of lost) this.#lose(lease);
    for (const lane of taken) {
      // What comes while stopping is released with the others, untouched; but after an owner that did not let go, the
      // next one must know of that: such a lease just ends.
      if (this.#stopping && !lane.clean) continue;
      this.#held.set(lane.lane, lane);
      if (!this.#stopping) this.#options.onTaken(lane);
    }
    for (const lease of release) void this.#release(lease);
  }

  /** What is held is lost when the lease ends, not a moment later. */
  #renewed(atMs: number): void {
    this.#renewedAtMs = atMs;
    clearTimeout(this.#expiry);
    const leftMs = this.#endsAtMs - this.#options.clock.now();
    this.#expiry = setTimeout(() => this.#dropExpired(), Math.max(leftMs, 0));
  }

  #release(lease: LaneLease<Of>): Promise<void> {
    const releasing = this.#releasing.get(lease.lane) ?? this.#letGo(lease);
    this.#releasing.set(lease.lane, releasing);
    return releasing;
  }

  async #letGo(lease: LaneLease<Of>): Promise<void> {
    try {
      const usage = await this.#options.onRelease(lease);
      if (this.#held.get(lease.lane)?.epoch === lease.epoch) {
        const usages = usage ? new Map([[lease.lane, usage]]) : undefined;
        await this.#options.lanes.release([lease], usages);
        this.#held.delete(lease.lane);
      }
    } catch (error) {
      this.#options.onError(error);
      // Nothing of it is begun any more, so it must not stay ours: its lease ends, and whoever is next takes it.
      this.#lose(lease);
    } finally {
      this.#releasing.delete(lease.lane);
    }
  }

  #lose(lease: LaneLease<Of>): void {
    if (this.#held.get(lease.lane)?.epoch !== lease.epoch) return;
    this.#held.delete(lease.lane);
    this.#options.onLost(lease);
  }

  #dropExpired(): void {
    if (this.mayEnd) return;
    for (const lease of this.#held.values()) this.#lose(lease);
  }
}
