import type { LaneLease, LanePosition, Lanes, LeasedTopic, TakenLane } from '@staffetta/core';

const EMPTY_POSITION: LanePosition = { position: 1, settled: Buffer.alloc(0) };

interface LaneState {
  owner: string;
  epoch: number;
  untilMs: number;
  clean: boolean;
  normal: LanePosition;
  bulk: LanePosition;
}

/** Leases on lanes in memory, for tests. */
export class MemoryLanes implements Lanes {
  readonly leaseMs: number;
  readonly #lanesOf: Readonly<Partial<Record<LeasedTopic, number>>>;
  readonly #now: () => number;
  readonly #states = new Map<string, LaneState>();
  readonly #seenAtMs = new Map<string, number>();

  constructor(
    lanesOf: Readonly<Partial<Record<LeasedTopic, number>>>,
    now: () => number = Date.now,
    leaseMs = 10_000,
  ) {
    this.#lanesOf = lanesOf;
    this.#now = now;
    this.leaseMs = leaseMs;
  }

  tend<Of extends LeasedTopic>(
    topic: Of,
    owner: string,
    held: readonly LaneLease<Of>[],
  ): Promise<{ taken: TakenLane<Of>[]; lost: LaneLease<Of>[]; release: LaneLease<Of>[] }> {
    const nowMs = this.#now();
    this.#seenAtMs.set(`${topic} ${owner}`, nowMs);
    const lost = held.filter((lease) => !this.holds(lease));
    const kept = held.filter((lease) => this.holds(lease));
    for (const lease of kept) this.#state(lease.topic, lease.lane).untilMs = nowMs + this.leaseMs;
    const count = this.#lanesOf[topic] ?? 0;
    const share = Math.ceil(count / this.#liveOwners(topic, nowMs));
    const taken: TakenLane<Of>[] = [];
    for (let lane = 0; lane < count && kept.length + taken.length < share; lane += 1) {
      const state = this.#state(topic, lane);
      if (state.untilMs > nowMs) continue;
      taken.push({
        topic,
        lane,
        owner,
        epoch: state.epoch + 1,
        clean: state.clean,
        normal: state.normal,
        bulk: state.bulk,
      });
      Object.assign(state, {
        owner,
        epoch: state.epoch + 1,
        untilMs: nowMs + this.leaseMs,
        clean: false,
      });
    }
    return Promise.resolve({ taken, lost, release: kept.slice(share) });
  }

  release(leases: readonly LaneLease<LeasedTopic>[]): Promise<void> {
    for (const lease of leases) {
      if (!this.holds(lease)) continue;
      Object.assign(this.#state(lease.topic, lease.lane), { untilMs: 0, clean: true });
    }
    return Promise.resolve();
  }

  /** Whether the lease is the lane's latest and has not been let go. */
  holds(lease: LaneLease<LeasedTopic>): boolean {
    const state = this.#state(lease.topic, lease.lane);
    return state.epoch === lease.epoch && state.owner === lease.owner && state.untilMs > 0;
  }

  /** The owner's process is known to be dead: it counts for no share any more. Its leases end by themselves. */
  forget(owner: string): void {
    for (const topic of ['accepted', 'outbound', 'local', 'events'])
      this.#seenAtMs.delete(`${topic} ${owner}`);
  }

  /** What the next owner begins with. */
  save(lease: LaneLease, normal: LanePosition, bulk: LanePosition): void {
    Object.assign(this.#state(lease.topic, lease.lane), { normal, bulk });
  }

  positions(
    topic: LeasedTopic,
    lane: number,
  ): { readonly normal: LanePosition; readonly bulk: LanePosition } {
    return this.#state(topic, lane);
  }

  #state(topic: LeasedTopic, lane: number): LaneState {
    const name = `${topic} ${lane}`;
    let state = this.#states.get(name);
    if (!state) {
      state = {
        owner: '',
        epoch: 0,
        untilMs: 0,
        clean: true,
        normal: EMPTY_POSITION,
        bulk: EMPTY_POSITION,
      };
      this.#states.set(name, state);
    }
    return state;
  }

  #liveOwners(topic: LeasedTopic, nowMs: number): number {
    let live = 0;
    for (const [name, seenAtMs] of this.#seenAtMs) {
      if (name.startsWith(`${topic} `) && seenAtMs + this.leaseMs > nowMs) live += 1;
    }
    return live;
  }
}
