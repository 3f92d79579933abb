import type { MailEvent } from '../event.ts';
import type { LaneLease } from './lanes.ts';

/** Events of one lane, and where to read on. */
export interface ReadEvents {
  readonly events: readonly MailEvent[];
  readonly nextPosition: number;
}

/** What was told of messages, in a log that keeps it apart from the trace; the events of a message are in one lane. */
export interface EventLog {
  readonly lanes: number;
  /**
   * Events from the position on, the first of which is 1; none at the end. Rejects with a PositionGone where the log
   * no longer has it.
   */
  read(lane: number, position: number): Promise<ReadEvents>;
  /** Calls back when events have become readable in a lane; the call may be spurious, or late by 250 ms. */
  watch(onAppended: (lane: number) => void): () => void;
}

/** The trace and the ledger, where events come to them from a log. */
export interface EventStore {
  /**
   * Writes events, and that the lane is read up to before `position`, in one transaction; what was told before counts
   * once. `moved` is where the lane is by now, though that could not be confirmed then; `lost`: it is another's.
   */
  record(
    lease: LaneLease<'events'>,
    from: number,
    read: { readonly events: readonly MailEvent[]; readonly position: number },
  ): Promise<
    | { readonly kind: 'ok' }
    | { readonly kind: 'moved'; readonly position: number }
    | { readonly kind: 'lost' }
  >;
}
