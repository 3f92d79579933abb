import { fairShare } from '@staffetta/core';
import type {
  LaneLease,
  LanePosition,
  LaneUsage,
  Lanes,
  LeasedTopic,
  TakenLane,
} from '@staffetta/core';

const EMPTY_POSITION: LanePosition = { position: 1, settled: Buffer.alloc(0) };

interface LaneState {
  owner: string;
  epoch: number;
  untilMs: number;
  clean: boolean;
  normal: LanePosition;
  bulk: LanePosition;
  usage: LaneUsage;
  /** Owners that did not let go, whose connections may be open. */
  readonly orphans: Set<string>;
}

const NO_USAGE: LaneUsage = { messages: {}, connections: {} };

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
    { takesNone = false } = {},
  ): Promise<{ taken: TakenLane<Of>[]; lost: LaneLease<Of>[]; release: LaneLease<Of>[] }> {
    const nowMs = this.#now();
    this.#seenAtMs.set(`${topic} ${owner}`, nowMs);
    const lost = held.filter((lease) => !this.holds(lease));
    const kept = held.filter((lease) => this.holds(lease));
    for (const lease of kept) this.#state(lease.topic, lease.lane).untilMs = nowMs + this.leaseMs;
    const count = this.#lanesOf[topic] ?? 0;
    const heldBy = this.#heldBy(topic, nowMs).set(owner, kept.length);
    const share = takesNone ? 0 : fairShare(owner, { lanes: count, heldBy });
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
        usage: state.usage,
      });
      if (!state.clean && state.owner !== owner) state.orphans.add(state.owner);
      Object.assign(state, {
        owner,
        epoch: state.epoch + 1,
        untilMs: nowMs + this.leaseMs,
        clean: false,
        usage: NO_USAGE,
      });
    }
    return Promise.resolve({ taken, lost, release: takesNone ? [] : kept.slice(share) });
  }

  release(
    leases: readonly LaneLease<LeasedTopic>[],
    usages?: ReadonlyMap<number, LaneUsage>,
  ): Promise<void> {
    for (const lease of leases) {
      if (!this.holds(lease)) continue;
      const usage = usages?.get(lease.lane) ?? NO_USAGE;
      Object.assign(this.#state(lease.topic, lease.lane), { untilMs: 0, clean: true, usage });
    }
    return Promise.resolve();
  }

  orphaned<Of extends LeasedTopic>(leases: readonly LaneLease<Of>[]): Promise<LaneLease<Of>[]> {
    return Promise.resolve(
      leases.filter(({ topic, lane }) =>
        [...this.#state(topic, lane).orphans].some((owner) =>
          this.#seenAtMs.has(`${topic} ${owner}`),
        ),
      ),
    );
  }

  closed(topic: LeasedTopic, owner: string, lanes: readonly number[]): Promise<void> {
    for (const lane of lanes) this.#state(topic, lane).orphans.delete(owner);
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
  save(lease: LaneLease<LeasedTopic>, normal: LanePosition, bulk: LanePosition): void {
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
        usage: NO_USAGE,
        orphans: new Set(),
      };
      this.#states.set(name, state);
    }
    return state;
  }

  #heldBy(topic: LeasedTopic, nowMs: number): Map<string, number> {
    const heldBy = new Map<string, number>();
    for (const [name, seenAtMs] of this.#seenAtMs) {
      const [of, owner = ''] = name.split(' ');
      if (of === topic && seenAtMs + this.leaseMs > nowMs) heldBy.set(owner, 0);
    }
    for (const [name, { owner, untilMs }] of this.#states) {
      if (!name.startsWith(`${topic} `) || untilMs <= nowMs) continue;
      const held = heldBy.get(owner);
      if (held !== undefined) heldBy.set(owner, held + 1);
    }
    return heldBy;
  }
}
