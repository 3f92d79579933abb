import { LaneHolder } from '@staffetta/core';
import type { LaneLease, MailEvent, ScheduledRow, TakenLane } from '@staffetta/core';
import type { Entry } from './entry.ts';
import { Flusher } from './flusher.ts';
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
    this.#runner = new SiteRunner(
      options,
      this.#queues,
      finder,
      this.#settler,
      () => this.#holder.mayStart,
    );
    const connections = (): ReturnType<SiteRunner['openConnections']> =>
      this.#runner.openConnections();
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

  /** Starts nothing more, lets transactions under way end (at most `drainMs`), settles, and lets go of the lanes. */
  async stop(): Promise<void> {
    this.#unwatch();
    clearInterval(this.#sweepTimer);
    await this.#puller.stop();
    for (const lane of this.#lanes.values()) lane.closing = true;
    await this.#runner.stop(this.#options.settings.drainMs);
    await this.#holder.stop();
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
      connections: this.#runner.connections,
      memoryBytes: this.#queues.memoryBytes,
    };
  }

  async #take(lease: TakenLane): Promise<void> {
    const lane = new OwnedLane(lease);
    this.#lanes.set(lease.lane, lane);
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
        this.#reclaimed(lane, await this.#options.store.reclaim([lane.lease]));
        return;
      } catch (error) {
        this.#options.onError(error);
        await new Promise((resolve) => setTimeout(resolve, RECLAIM_RETRY_MS));
      }
    }
  }

  #reclaimed(lane: OwnedLane, rows: readonly ScheduledRow[]): void {
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
        reason: 'the worker that had it on the wire died',
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
    const queue = this.#queues.queue(entry.site);
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
    this.#queues.sweep(now);
  }

  /** What is on the wire for long holds no position of the log either: it becomes a row that says so. */
  async #parkWire(now: number): Promise<void> {
    const old = this.#runner
      .onWire()
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

  /** Clean hand-over: nothing more is started, what is on the wire ends, everything is settled. */
  async #letGo(lease: LaneLease): Promise<void> {
    const lane = this.#lanes.get(lease.lane);
    if (!lane) return;
    lane.closing = true;
    await this.#reclaiming.get(lane);
    await this.#reader.ended(lane);
    for (const queue of this.#queues.sites.values()) {
      for (const entry of queue.remove((one) => one.lane === lane)) this.#queues.release(entry);
    }
    await this.#runner.ended(lane, this.#options.settings.drainMs);
    await this.#flusher.flush();
    this.#lanes.delete(lease.lane);
  }

  /** The lane is another's: what is in memory of it is forgotten, what is on the wire is cut. */
  #lose(lease: LaneLease): void {
    const lane = this.#lanes.get(lease.lane);
    if (!lane || lane.lease.epoch !== lease.epoch) return;
    lane.lost = true;
    this.#lanes.delete(lease.lane);
    for (const queue of this.#queues.sites.values()) {
      for (const entry of queue.remove((one) => one.lane === lane)) this.#queues.release(entry);
    }
    this.#runner.cut(lane);
  }
}
