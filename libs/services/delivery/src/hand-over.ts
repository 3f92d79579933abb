import type { LaneUsage } from '@staffetta/core';
import type { Entry } from './entry.ts';
import type { Flusher } from './flusher.ts';
import type { DeliveryOptions } from './options.ts';
import type { OwnedLane } from './owned-lane.ts';
import type { ReadyQueues } from './ready-queues.ts';
import type { Settler } from './settler.ts';
import type { SiteRunner } from './site-runner.ts';

/** What was cut ends within this time, in milliseconds. */
const CUT_MS = 10_000;
/** A good-bye may take so long; then the connection is cut, in milliseconds. */
const QUIT_MS = 1_000;
/** Kept of the time for what is kept on the wire, to settle it as uncertain, in milliseconds. */
const MARGIN_MS = 1_000;
/** What is waited for is told this often, in milliseconds. */
const TELL_MS = 1_000;

/** Lets lanes go cleanly: nothing more is started, what is on the wire ends or is kept, everything is settled. */
export class HandOver {
  readonly #options: DeliveryOptions;
  readonly #queues: ReadyQueues;
  readonly #runner: SiteRunner;
  readonly #settler: Settler;
  readonly #flusher: Flusher;

  constructor(
    options: DeliveryOptions,
    queues: ReadyQueues,
    runner: SiteRunner,
    settler: Settler,
    flusher: Flusher,
  ) {
    this.#options = options;
    this.#queues = queues;
    this.#runner = runner;
    this.#settler = settler;
    this.#flusher = flusher;
  }

  /**
   * To be called when the lane is closing and not read any more. What waits for the reply to its final dot after `handOverMs` is
   * kept as rows that this worker alone settles, for `drainMs` from the beginning.
   */
  async letGo(lane: OwnedLane): Promise<LaneUsage> {
    const { drainMs, handOverMs } = this.#options.settings;
    const endMs = performance.now() + drainMs;
    const telling = setInterval(() => this.#tell(lane), TELL_MS);
    try {
      this.#dropReady(lane);
      this.#runner.endIdle(lane);
      const ended = (): boolean => lane.inMemory === 0;
      if (!(await this.#runner.until(ended, Math.min(handOverMs, drainMs)))) {
        await this.#cutUnfinished(lane, endMs);
      }
      await this.#endConnections(lane);
      return await this.#keepRest(lane, endMs);
    } finally {
      clearInterval(telling);
    }
  }

  #tell(lane: OwnedLane): void {
    const open = this.#runner.connections.of(lane);
    const sites = [...new Set(open.map(([, { queue }]) => queue.site))];
    this.#options.onWaiting?.({ lane: lane.lease.lane, messages: lane.inMemory, sites });
  }

  /** What is ready stands where the next owner finds it. */
  #dropReady(lane: OwnedLane): void {
    for (const queue of this.#queues.sites.values()) {
      for (const entry of queue.remove((one) => one.lane === lane)) this.#settler.handBack(entry);
    }
  }

  /** What has not sent its final dot is given up; the rest too, where there is no time left to wait for it. */
  async #cutUnfinished(lane: OwnedLane, endMs: number): Promise<void> {
    const unanswered = endMs - performance.now() <= MARGIN_MS;
    this.#runner.cut(lane, { unanswered });
    const isRest = (): boolean =>
      lane.inMemory === this.#runner.connections.unanswered(lane).length;
    if (!(await this.#runner.until(isRest, CUT_MS))) {
      throw new Error(`lane ${lane.lease.lane} cannot be let go: ${lane.inMemory} messages hang`);
    }
  }

  async #endConnections(lane: OwnedLane): Promise<void> {
    const { connections } = this.#runner;
    const onlyRest = (): boolean =>
      connections.of(lane).length === connections.unanswered(lane).length;
    if (await this.#runner.until(onlyRest, QUIT_MS)) return;
    this.#runner.cut(lane, { unanswered: false });
    await this.#runner.until(onlyRest, QUIT_MS);
  }

  async #keepRest(lane: OwnedLane, endMs: number): Promise<LaneUsage> {
    const { connections } = this.#runner;
    await this.#asRows(lane, connections.unanswered(lane));
    await this.#flusher.flush();
    const rows = rowsOf(connections.unanswered(lane));
    if (rows.length > 0) {
      const forMs = Math.max(endMs - performance.now(), MARGIN_MS);
      lane.keptUntilMs = performance.now() + forMs;
      await this.#options.store.keep(lane.lease, rows, forMs);
      const cut = setTimeout(() => this.#runner.cut(lane), forMs - MARGIN_MS);
      void this.#runner.until(() => lane.inMemory === 0, forMs).then(() => clearTimeout(cut));
    }
    // What got its reply meanwhile is still settled with the lane.
    while (lane.dirty && !lane.lost) await this.#flusher.flush();
    lane.letGo = true;
    return this.#usage(lane, connections.unanswered(lane));
  }

  async #asRows(lane: OwnedLane, entries: readonly Entry[]): Promise<void> {
    const records = entries.filter(({ source }) => source.kind === 'log');
    if (records.length === 0) return;
    const { first } = await this.#options.store.takeRowIds();
    for (const [index, entry] of records.entries()) {
      if (!entry.settled && entry.source.kind === 'log' && !lane.lost) {
        this.#settler.parkOnWire(entry, first + index);
      }
    }
  }

  #usage(lane: OwnedLane, kept: readonly Entry[]): LaneUsage {
    const now = this.#options.clock.now();
    const messages: Record<string, number> = {};
    for (const queue of this.#queues.sites.values()) {
      const recent = queue.lane === lane ? (queue.rate?.recent(now) ?? 0) : 0;
      if (recent > 0) messages[queue.site] = recent;
    }
    const connections: Record<string, number> = {};
    for (const { site } of kept) connections[site] = (connections[site] ?? 0) + 1;
    return { messages, connections };
  }
}

function rowsOf(entries: readonly Entry[]): number[] {
  return entries.flatMap(({ source, settled }) =>
    source.kind === 'row' && !settled ? [source.id] : [],
  );
}
