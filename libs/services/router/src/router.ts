import { LaneHolder, WokenRounds, noTracer } from '@staffetta/core';
import type {
  Body,
  Clock,
  Directory,
  LaneLease,
  Lanes,
  Log,
  MxResolver,
  RoundResult,
  Tracer,
} from '@staffetta/core';
import { routeBatch } from './route-batch.ts';
import type { RoutingContext } from './route-batch.ts';
import { SiteFinder } from './site-finder.ts';
import { TracedBatch } from './traced-batch.ts';

/** Records of one batch at most. */
const BATCH_RECORDS_MAX = 200;
/**
 * After a small batch the next one, of whatever lane, waits: what comes meanwhile goes together. It waits the longer,
 * the longer batches take, for most of their cost is the same for one record and for many. In milliseconds.
 */
const GATHER_MIN_MS = 20;
const GATHER_MAX_MS = 250;
const GATHER_PER_BATCH = 2;
const SMALL_BATCH_RECORDS = 50;

/** What the router is made from. */
export interface RouterOptions {
  readonly log: Log;
  readonly lanes: Lanes;
  readonly directory: Directory;
  readonly resolver: MxResolver;
  readonly clock: Clock;
  readonly owner: string;
  readonly hostname: string;
  /** Smart host for all mail to other servers, `host:port`; empty for MX. */
  readonly nextHop: string;
  /** Life of a report, in milliseconds. */
  readonly expiresMs: number;
  /** Absent: no traces. */
  readonly tracer?: Tracer;
  onError(error: unknown): void;
}

/** Reads what was accepted and passes it on: to mailboxes, to the lanes of sites, or back to the sender. */
export class Router {
  readonly #options: RouterOptions;
  readonly #holder: LaneHolder;
  readonly #context: RoutingContext;
  readonly #rounds: WokenRounds<number>;
  /** Lanes that are let go: nothing more of them is begun, however much there is. */
  readonly #leaving = new Set<number>();
  #unwatch: () => void = () => undefined;
  #stopping = false;
  /** By performance.now(). */
  #gathersUntilMs = 0;

  constructor(options: RouterOptions) {
    this.#options = options;
    const { log, clock, hostname, expiresMs } = options;
    this.#context = {
      directory: options.directory,
      sites: new SiteFinder(options.resolver, clock),
      nextHop: options.nextHop,
      notify: () => ({ hostname, nowMs: clock.now(), expiresMs }),
      original: (record) => firstChunk(log, record.body),
    };
    this.#holder = new LaneHolder({
      lanes: options.lanes,
      topic: 'accepted',
      owner: options.owner,
      clock,
      onTaken: (lane) => {
        this.#leaving.delete(lane.lane);
        this.#rounds.wake(lane.lane);
      },
      onLost: () => undefined,
      onRelease: (lane) => this.#endLane(lane.lane),
      onError: (error) => options.onError(error),
    });
    this.#rounds = new WokenRounds({
      round: (lane) => this.#route(lane),
      mayRun: (lane) => !this.#stopping && !this.#leaving.has(lane) && this.#holder.held.has(lane),
      onError: (error) => options.onError(error),
    });
  }

  async start(): Promise<void> {
    this.#unwatch = this.#options.log.watch('accepted', ({ lane }) => this.#rounds.wake(lane));
    await this.#holder.start();
  }

  /** Lanes held now. */
  get lanesHeld(): number {
    return this.#holder.held.size;
  }

  /** Ends the batches under way and lets go of the lanes. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#unwatch();
    await this.#holder.stop();
  }

  async #endLane(lane: number): Promise<void> {
    this.#leaving.add(lane);
    await this.#rounds.ended(lane);
  }

  async #route(lane: number): Promise<RoundResult> {
    const lease = this.#holder.held.get(lane);
    if (!lease) return 'nothing';
    if (!this.#holder.mayStart) return 'later';
    const leftMs = this.#gathersUntilMs - performance.now();
    if (leftMs > 0) {
      await new Promise((resolve) => setTimeout(resolve, leftMs));
      return 'more';
    }
    const startedMs = performance.now();
    const records = await this.#routeOnce(lease);
    if (records === 0) return 'nothing';
    const nowMs = performance.now();
    const gatherMs = Math.min(
      Math.max(GATHER_PER_BATCH * (nowMs - startedMs), GATHER_MIN_MS),
      GATHER_MAX_MS,
    );
    if (records < SMALL_BATCH_RECORDS) this.#gathersUntilMs = nowMs + gatherMs;
    return 'more';
  }

  /** One batch: of what is not bulk if there is any, else of bulk; how many records it had. */
  async #routeOnce(lease: LaneLease): Promise<number> {
    for (const bulk of [false, true]) {
      const read = await this.#pipe(lease, bulk);
      if (read === 'lost') return 0;
      if (read > 0) return read;
    }
    return 0;
  }

  async #pipe(lease: LaneLease, bulk: boolean): Promise<number | 'lost'> {
    const { log, tracer = noTracer } = this.#options;
    const traced = new TracedBatch(tracer);
    try {
      const read = await log.pipe(lease, bulk, BATCH_RECORDS_MAX, (records) =>
        routeBatch(traced.begin(records), this.#context),
      );
      traced.end(read === 'lost' ? 'lease_lost' : undefined);
      return read;
    } catch (error) {
      traced.end('not_written');
      throw error;
    }
  }
}

/** The header at least: reports hold no more of a large message. */
async function firstChunk(log: Log, body: Body): Promise<Buffer> {
  if (body.bytes) return body.bytes;
  for await (const chunk of log.bodyChunks(body)) return chunk;
  return Buffer.alloc(0);
}
