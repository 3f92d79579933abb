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

/** A lane that was taken, with the state that the last owner left. */
export interface TakenLane<Of extends LeasedTopic = Topic> extends LaneLease<Of> {
  readonly normal: LanePosition;
  readonly bulk: LanePosition;
  /** Whether the last owner let go by itself; else what it could have used must be counted as used. */
  readonly clean: boolean;
}

/** Leases on lanes: exactly one owner at a time, across all processes. */
export interface Lanes {
  /** How long a lease lasts after its last renewal, in milliseconds. */
  readonly leaseMs: number;
  /**
   * Renews what is held, takes free and expired lanes up to this process's share (lanes over live owners of the
   * topic), and tells what was lost. To be called every second or so.
   */
  tend<Of extends LeasedTopic>(
    topic: Of,
    owner: string,
    held: readonly LaneLease<Of>[],
  ): Promise<{
    readonly taken: readonly TakenLane<Of>[];
    readonly lost: readonly LaneLease<Of>[];
    /** Lanes beyond this process's share that it should let go cleanly for another one. */
    readonly release: readonly LaneLease<Of>[];
  }>;
  /** Lets go of lanes cleanly; their state must have been saved before. */
  release(leases: readonly LaneLease<LeasedTopic>[]): Promise<void>;
}
