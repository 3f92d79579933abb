import type { Topic } from './log.ts';

/** What is read by whoever holds a lease: mail, and the events of a log that keeps them apart. */
export type LeasedTopic = Topic | 'events';

/** The right to read a lane, for as long as it is renewed. */
export interface LaneLease<Of extends LeasedTopic = Topic> {
  readonly topic: Of;
  readonly lane: number;
  /** Grows with each change of owner; every write under an older one matches no row. */
  readonly epoch: number;
  readonly owner: string;
}

/** How far one class of a lane is: everything before `position` is settled, and what the bitmap says beyond. */
export interface LanePosition {
  readonly position: number;
  /** Bit n (lowest bit of the first octet first) is set where record position + n is settled. */
  readonly settled: Buffer;
}

/** What an owner had used of its sites' limits when it let a lane go, by site; sites with nothing are left out. */
export interface LaneUsage {
  /** Messages that a server may have counted in the last second. */
  readonly messages: Readonly<Record<string, number>>;
  /** Connections that stay open beyond the hand-over, for the reply to a final dot. */
  readonly connections: Readonly<Record<string, number>>;
}

/** A lane that was taken, with the state that the last owner left. */
export interface TakenLane<Of extends LeasedTopic = Topic> extends LaneLease<Of> {
  readonly normal: LanePosition;
  readonly bulk: LanePosition;
  /** Whether the last owner let go by itself; else what it could have used must be counted as used. */
  readonly clean: boolean;
  /** Of the last owner, where it let go by itself. */
  readonly usage: LaneUsage;
}

/** Leases on lanes: exactly one owner at a time, across all processes. */
export interface Lanes {
  /** How long a lease lasts after its last renewal, in milliseconds. */
  readonly leaseMs: number;
  /**
   * Renews what is held, takes free and expired lanes up to this process's share (lanes over live owners of the
   * topic), and tells what was lost. To be called every second or so; one that is about to end takes nothing more.
   */
  tend<Of extends LeasedTopic>(
    topic: Of,
    owner: string,
    held: readonly LaneLease<Of>[],
    options?: { readonly takesNone?: boolean },
  ): Promise<{
    readonly taken: readonly TakenLane<Of>[];
    readonly lost: readonly LaneLease<Of>[];
    /** Lanes beyond this process's share that it should let go cleanly for another one. */
    readonly release: readonly LaneLease<Of>[];
  }>;
  /** Lets go of lanes cleanly; their state must have been saved before. What was used, by lane, goes to the next owner. */
  release(
    leases: readonly LaneLease<LeasedTopic>[],
    usages?: ReadonlyMap<number, LaneUsage>,
  ): Promise<void>;
  /**
   * Of these lanes, those that were taken from an owner which did not let go, has not told since that its connections
   * are closed, and is not known to be dead.
   */
  orphaned<Of extends LeasedTopic>(
    leases: readonly LaneLease<Of>[],
  ): Promise<readonly LaneLease<Of>[]>;
  /** Tells that this process has no connection left of lanes that it lost. */
  closed(topic: LeasedTopic, owner: string, lanes: readonly number[]): Promise<void>;
}
