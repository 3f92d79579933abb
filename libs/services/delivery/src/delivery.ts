import { LaneHolder } from '@staffetta/core';
import type {
  LaneLease,
  LaneUsage,
  OpenConnection,
  MailEvent,
  ScheduledRow,
  TakenLane,
} from '@staffetta/core';
import { EarlierOwners } from './earlier-owners.ts';
import type { Entry } from './entry.ts';
import { Flusher } from './flusher.ts';
import { HandOver } from './hand-over.ts';
import { LaneReader } from './lane-reader.ts';
import { LiveView } from './live-view.ts';
import type { DeliveryOptions } from './options.ts';
import { OwnedLane } from './owned-lane.ts';
import { ReadyQueues } from './ready-queues.ts';
import { RowPuller } from './row-puller.ts';
import { Settler } from './settler.ts';
import { SiteRunner } from './site-runner.ts';
import { TargetFinder } from './targets.ts';

/** A record without an outcome after this time is parked, in milliseconds. */
const PARK_AFTER_MS = 10_000;
const SWEEP_MS = 1_000;
const RECLAIM_RETRY_MS = 500;

/** A site's ready queue as it is now. */
export interface ReadySite {
  readonly site: string;
  readonly ready: number;
  readonly connections: number;
  readonly lastReply: string;
}

/** A delivery worker: owns lanes, delivers their mail, settles the outcomes. */
export class Delivery {
  /** What it is at, for operators. */
  readonly view: LiveView;
  readonly #options: DeliveryOptions;
  readonly #lanes = new Map<number, OwnedLane>();
  /** Lanes whose last owner did not let go, until their rows on the wire are due again. */
  readonly #reclaiming = new Map<OwnedLane, Promise<void>>();
  readonly #queues: ReadyQueues;
  readonly #holder: LaneHolder;
  readonly #flusher: Flusher;
  readonly #settler: Settler;
  readonly #runner: SiteRunner;
  readonly #reader: LaneReader;
  readonly #puller: RowPuller;
  readonly #handOver: HandOver;
  readonly #earlier: EarlierOwners;
  /** Lanes that were lost, until they are taken again: the next owner waits to hear that they have no connection. */
  readonly #lost = new Map<number, OwnedLane>();
  #telling: Promise<void> | undefined;
  #sweepTimer: NodeJS.Timeout | undefined;
  #unwatch: () => void = () => undefined;

  constructor(options: DeliveryOptions) {
    this.#options = options;
    const { settings, onError } = options;
    this.#queues = new ReadyQueues(settings);
    this.#flusher = new Flusher(options.store, this.#lanes, (lease) => this.#lose(lease), onError);
    this.#settler = new Settler(options, this.#flusher, (entry) => this.#queues.release(entry));
    const finder = new TargetFinder(options.resolver, options.random, settings);
    this.#holder = new LaneHolder({
      lanes: options.lanes,
      topic: 'outbound',
      owner: options.owner,
      clock: options.clock,
      onTaken: (lane) => void this.#take(lane),
      onLost: (lease) => this.#lose(lease),
      onRelease: (lease) => this.#letGo(lease),
      onError,
    });
    this.#runner = new SiteRunner(options, this.#queues, finder, this.#settler, this.#holder);
    this.#handOver = new HandOver(
      options,
      this.#queues,
      this.#runner,
      this.#settler,
      this.#flusher,
    );
    this.#earlier = new EarlierOwners(options, (lane, overdue) => {
      this.#reclaimed(lane, overdue, 'the worker that had it on the wire did not tell in time');
      this.#wakeSites(lane);
    });
    const connections = (): readonly OpenConnection[] => this.#runner.connections.view();
    this.view = new LiveView(this.#queues, connections, options.clock);
    const take = (entry: Entry): void => this.#enqueue(entry);
    this.#reader = new LaneReader(options, take, () => this.#flusher.flush());
    this.#puller = new RowPuller(options, this.#queues, this.#lanes, take);
  }

  async start(): Promise<void> {
    this.#unwatch = this.#options.log.watch('outbound', ({ lane }) => {
      const owned = this.#lanes.get(lane);
      if (owned) this.#reader.wake(owned);
    });
    await this.#holder.start();
    this.#puller.start();
    this.#sweepTimer = setInterval(() => this.#sweep(), SWEEP_MS);
  }

  /**
   * Starts nothing more, lets transactions under way end, settles, and lets go of the lanes; what waits for the reply to
   * its final dot is waited for, at most `drainMs`.
   */
  async stop(): Promise<void> {
    const endMs = performance.now() + this.#options.settings.drainMs;
    this.#unwatch();
    clearInterval(this.#sweepTimer);
    for (const lane of this.#lanes.values()) this.#close(lane);
    this.#runner.quiesce();
    await this.#puller.stop();
    await this.#holder.stop();
    await this.#runner.stop(Math.max(endMs - performance.now(), 0));
    await this.#flusher.keptSettled();
  }

  /** Ready queues with something in them, or connections. */
  ready(): readonly ReadySite[] {
    return [...this.#queues.sites.values()].map((queue) => ({
      site: queue.site,
      ready: queue.length,
      connections: queue.connections,
      lastReply: queue.lastReply,
    }));
  }

  /** Lanes held now. */
  get lanesHeld(): number {
    return this.#holder.held.size;
  }

  /** Messages in memory, open connections, octets of memory used. */
  usage(): {
    readonly messages: number;
    readonly connections: number;
    readonly memoryBytes: number;
  } {
    let messages = 0;
    for (const lane of this.#lanes.values()) messages += lane.inMemory;
    return {
      messages,
      connections: this.#runner.connections.size,
      memoryBytes: this.#queues.memoryBytes,
    };
  }

  async #take(lease: TakenLane): Promise<void> {
    const lane = new OwnedLane(lease, this.#options.clock.now());
    this.#lanes.set(lease.lane, lane);
    this.#lost.delete(lease.lane);
    void this.#earlier.watch(lane);
    if (!lease.clean) {
      const reclaiming = this.#reclaim(lane);
      this.#reclaiming.set(lane, reclaiming);
      await reclaiming;
      this.#reclaiming.delete(lane);
    }
    this.#reader.wake(lane);
  }

  /** What the last owner had on the wire when it died may have arrived: it is told so, and tried again. */
  async #reclaim(lane: OwnedLane): Promise<void> {
    // Without it those rows would stay on the wire for ever: the lane is not let go before.
    while (!lane.lost) {
      try {
        const rows = await this.#options.store.reclaim([lane.lease]);
        this.#reclaimed(lane, rows, 'the worker that had it on the wire died');
        return;
      } catch (error) {
        this.#options.onError(error);
        await new Promise((resolve) => setTimeout(resolve, RECLAIM_RETRY_MS));
      }
    }
  }

  #reclaimed(lane: OwnedLane, rows: readonly ScheduledRow[], reason: string): void {
    const nowMs = this.#options.clock.now();
    for (const { id, envelope } of rows) {
      const events = envelope.recipients.map<MailEvent>((recipient) => ({
        type: 'deferred',
        messageId: envelope.messageId,
        tenantId: envelope.tenantId,
        recipient: recipient.number,
        atMs: nowMs,
        attempt: recipient.attempts + 1,
        ...(envelope.route && { site: envelope.route.site }),
        reason,
        uncertain: true,
        nextAttemptAtMs: nowMs,
      }));
      lane.follow({ events });
      lane.putBack({ id, dueAtMs: nowMs, state: 'due' });
    }
    if (rows.length > 0) this.#flusher.wake();
  }

  #enqueue(entry: Entry): void {
    const { clock } = this.#options;
    const now = clock.now();
    if (entry.envelope.notBeforeMs > now) {
      this.#settleUnqueued(entry, entry.envelope.notBeforeMs, 'due', 'not before its time');
      return;
    }
    const queue = this.#queues.queueIn(entry.lane, entry.site);
    switch (this.#queues.offer(entry, now)) {
      case 'queued':
        this.#runner.wake(queue);
        break;
      case 'full':
        this.#settleUnqueued(entry, now, 'waiting', 'its ready queue is full');
        break;
      case 'down':
        this.#settleUnqueued(entry, queue.downUntilMs, 'due', queue.lastReply);
        break;
    }
  }

  #settleUnqueued(entry: Entry, dueAtMs: number, state: 'due' | 'waiting', reason: string): void {
    // It never was in a queue: count it in, so that leaving is the same for all.
    this.#queues.enter(entry);
    this.#settler.park(entry, dueAtMs, state, reason);
  }

  /** Parks records that have been ready for long, and wakes sites whose rest is over. */
  #sweep(): void {
    const now = this.#options.clock.now();
    for (const queue of this.#queues.sites.values()) {
      const old = queue.remove(
        ({ source, readAtMs }) => source.kind === 'log' && readAtMs < now - PARK_AFTER_MS,
      );
      for (const entry of old) this.#settler.park(entry, now, 'waiting', 'waits for room');
      if (queue.length > 0) this.#runner.wake(queue);
    }
    void this.#parkWire(now);
    void this.#earlier.look();
    this.#tellClosed();
    this.#queues.sweep(now);
  }

  /** What is on the wire for long holds no position of the log either: it becomes a row that says so. */
  async #parkWire(now: number): Promise<void> {
    const old = this.#runner.connections
      .entries()
      .filter(
        ({ source, readAtMs, lane }) =>
          source.kind === 'log' && readAtMs < now - PARK_AFTER_MS && !lane.lost,
      );
    if (old.length === 0) return;
    try {
      const { first, count } = await this.#options.store.takeRowIds();
      for (const [index, entry] of old.slice(0, count).entries()) {
        if (entry.source.kind === 'log' && !entry.settled)
          this.#settler.parkOnWire(entry, first + index);
      }
    } catch (error) {
      this.#options.onError(error);
    }
  }

  #wakeSites(lane: OwnedLane): void {
    for (const queue of this.#queues.sites.values()) {
      if (queue.lane === lane && queue.length > 0) this.#runner.wake(queue);
    }
  }

  /** Nothing more of it is read, connected for or started. */
  #close(lane: OwnedLane): void {
    lane.closing = true;
    lane.abort.abort();
  }

  async #letGo(lease: LaneLease): Promise<LaneUsage | void> {
    const lane = this.#lanes.get(lease.lane);
    if (!lane) return;
    this.#close(lane);
    await this.#reclaiming.get(lane);
    await this.#reader.ended(lane);
    const usage = await this.#handOver.letGo(lane);
    this.#lanes.delete(lease.lane);
    return usage;
  }

  /** The lane is another's: what is in memory of it is forgotten, what is on the wire is cut. */
  #lose(lease: LaneLease): void {
    const lane = this.#lanes.get(lease.lane);
    if (!lane || lane.lease.epoch !== lease.epoch) return;
    lane.lost = true;
    lane.abort.abort();
    this.#lanes.delete(lease.lane);
    this.#lost.set(lease.lane, lane);
    for (const queue of this.#queues.sites.values()) {
      for (const entry of queue.remove((one) => one.lane === lane)) this.#queues.release(entry);
    }
    this.#runner.cut(lane);
  }

  /** Said again and again: whoever takes a lost lane later counts our connections as open from then on. */
  #tellClosed(): void {
    const { lanes, owner, onError } = this.#options;
    const closed = [...this.#lost]
      .filter(([, lane]) => lane.inMemory === 0 && this.#runner.connections.of(lane).length === 0)
      .map(([number]) => number);
    if (closed.length === 0 || this.#telling) return;
    this.#telling = lanes
      .closed('outbound', owner, closed)
      .catch(onError)
      .finally(() => {
        this.#telling = undefined;
      });
  }
}
