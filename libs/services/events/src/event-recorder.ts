import { LaneHolder, WokenRounds } from '@staffetta/core';
import type { Clock, EventLog, EventStore, Lanes, RoundResult, TakenLane } from '@staffetta/core';

/** What a recorder is made from. */
export interface EventRecorderOptions {
  readonly log: EventLog;
  readonly store: EventStore;
  readonly lanes: Lanes;
  readonly clock: Clock;
  /** This process, as the owner of lanes. */
  readonly owner: string;
  /** Something failed that is tried again, or a lane stands still: `PositionGone` is an alarm. */
  onError(error: unknown): void;
}

interface OwnedLane {
  readonly lease: TakenLane<'events'>;
  position: number;
  /** The lane is let go, or another's: nothing more of it is begun. */
  over: boolean;
}

/** Brings events from a log that keeps them apart to the trace and the ledger, each of them once. */
export class EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #owned = new Map<number, OwnedLane>();
  readonly #rounds: WokenRounds<OwnedLane>;
  readonly #holder: LaneHolder<'events'>;
  #unwatch: () => void = () => undefined;

  constructor(options: EventRecorderOptions) {
    this.#options = options;
    const onError = (error: unknown): void => options.onError(error);
    this.#rounds = new WokenRounds({
      round: (lane) => this.#recordOnce(lane),
      mayRun: ({ over }) => !over,
      onError,
    });
    this.#holder = new LaneHolder({
      lanes: options.lanes,
      topic: 'events',
      owner: options.owner,
      clock: options.clock,
      onTaken: (lease) => this.#take(lease),
      onLost: ({ lane }) => void this.#end(lane),
      onRelease: ({ lane }) => this.#end(lane),
      onError,
    });
  }

  async start(): Promise<void> {
    this.#unwatch = this.#options.log.watch((lane) => this.#wake(lane));
    await this.#holder.start();
  }

  /** Ends the transactions under way and lets go of the lanes. */
  async stop(): Promise<void> {
    this.#unwatch();
    await this.#holder.stop();
  }

  #take(lease: TakenLane<'events'>): void {
    this.#owned.set(lease.lane, { lease, position: lease.normal.position, over: false });
    this.#wake(lease.lane);
  }

  #wake(lane: number): void {
    const owned = this.#owned.get(lane);
    if (owned) this.#rounds.wake(owned);
  }

  async #end(lane: number): Promise<void> {
    const owned = this.#owned.get(lane);
    if (!owned) return;
    this.#owned.delete(lane);
    owned.over = true;
    await this.#rounds.ended(owned);
  }

  async #recordOnce(lane: OwnedLane): Promise<RoundResult> {
    if (!this.#holder.mayStart) return 'later';
    const { lease, position: from } = lane;
    const { events, nextPosition: position } = await this.#options.log.read(lease.lane, from);
    if (position === from) return 'nothing';
    const recorded = await this.#options.store.record(lease, from, { events, position });
    if (recorded.kind === 'lost') lane.over = true;
    else lane.position = recorded.kind === 'moved' ? recorded.position : position;
    return 'more';
  }
}
