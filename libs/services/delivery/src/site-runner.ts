import { aboutMessage, noTracer } from '@staffetta/core';
import type {
  RecipientOutcome,
  SendResult,
  SmtpConnection,
  SmtpReply,
  Tracer,
} from '@staffetta/core';
import { attemptOn, beginAttempt } from './attempt-span.ts';
import type { Entry } from './entry.ts';
import { HostConnector } from './host-connector.ts';
import type { DeliveryOptions } from './options.ts';
import { isClosing } from './decide.ts';
import { OpenConnections } from './open-connections.ts';
import type { OwnedLane } from './owned-lane.ts';
import type { ReadyQueues } from './ready-queues.ts';
import type { Settler } from './settler.ts';
import type { SiteQueue } from './site-queue.ts';
import type { SiteRate } from './site-rate.ts';
import type { Target, TargetFinder } from './targets.ts';

/** A site that could not be reached rests this long at first, doubled each time, in milliseconds. */
const REST_MIN_MS = 1_000;
const REST_MAX_MS = 60_000;
/** A message starts again at once this often after connections that broke. */
const RESTARTS_MAX = 2;
/** Contents up to this size are read as one, larger ones in pieces of it: what a connection holds at most. */
const INLINE_BYTES_MAX = 1024 * 1024;

/** What the worker's leases allow. */
export interface LeaseState {
  /** Whether work may be started. */
  readonly mayStart: boolean;
  /** Whether work under way may be ended. */
  readonly mayEnd: boolean;
}

/** Delivers the ready queues: opens connections, sends one message after the other, and has the outcomes settled. */
export class SiteRunner {
  readonly #options: DeliveryOptions;
  readonly #tracer: Tracer;
  readonly #queues: ReadyQueues;
  readonly #finder: TargetFinder;
  readonly #settler: Settler;
  readonly #leases: LeaseState;
  readonly #connections: OpenConnections;
  readonly #running = new Set<Promise<void>>();
  /** Sites that would open a connection if this process had not as many as it may. */
  readonly #crowdedOut = new Set<SiteQueue>();
  /** Those who wait for transactions or connections to end. */
  readonly #watching = new Set<() => void>();
  readonly #hosts: HostConnector;
  #opening = 0;
  #stopping = false;

  constructor(
    options: DeliveryOptions,
    queues: ReadyQueues,
    finder: TargetFinder,
    settler: Settler,
    leases: LeaseState,
  ) {
    this.#options = options;
    this.#tracer = options.tracer ?? noTracer;
    this.#queues = queues;
    this.#finder = finder;
    this.#settler = settler;
    this.#leases = leases;
    this.#hosts = new HostConnector(options);
    this.#connections = new OpenConnections((queue) => this.#left(queue));
  }

  /** Open connections of all sites. */
  get connections(): OpenConnections {
    return this.#connections;
  }

  /** To be called when something was queued for the site, or a bar was lifted. */
  wake(queue: SiteQueue): void {
    if (this.#stopping || !this.#leases.mayStart) return;
    let waiting = this.#startable(queue);
    // Under a limit the one used last goes first, so that those that are too many fall idle and end.
    const waiters = queue.rate ? [...queue.waiters].reverse() : queue.waiters;
    for (const resolve of waiters) {
      if (waiting <= 0) return;
      resolve();
      waiting -= 1;
    }
    while (waiting > 0 && this.#mayOpen(queue)) {
      waiting -= 1;
      queue.connections += 1;
      const running: Promise<void> = this.#run(queue)
        .catch((error: unknown) => this.#options.onError(error))
        .finally(() => {
          this.#running.delete(running);
          this.#tell();
        });
      this.#running.add(running);
    }
  }

  /** Starts nothing more; connections without a message end. */
  quiesce(): void {
    this.#stopping = true;
    for (const queue of this.#queues.sites.values()) for (const wake of queue.waiters) wake();
  }

  /** Resolves when nothing is under way; after the time it is cut. */
  async stop(graceMs: number): Promise<void> {
    this.quiesce();
    const timer = setTimeout(() => this.#connections.destroyAll(), graceMs);
    await Promise.all(this.#running);
    clearTimeout(timer);
  }

  /** Ends the connections of a closing lane's sites that have no message. */
  endIdle(lane: OwnedLane): void {
    for (const [, { wake }] of this.#connections.of(lane)) wake?.();
  }

  /** Cuts the connections of a lane's sites: its lease has ended; or those only that wait for no final reply. */
  cut(lane: OwnedLane, { unanswered = true } = {}): void {
    for (const [connection] of this.#connections.of(lane)) {
      if (unanswered || !connection.awaitsFinalReply) connection.destroy();
    }
  }

  /** Whether the condition came true in time; it is looked at whenever a transaction or a connection ends. */
  async until(isTrue: () => boolean, timeoutMs: number): Promise<boolean> {
    const untilMs = performance.now() + timeoutMs;
    while (!isTrue()) {
      const leftMs = untilMs - performance.now();
      if (leftMs <= 0) return false;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(done, leftMs);
        const watching = this.#watching;
        function done(): void {
          clearTimeout(timer);
          watching.delete(done);
          resolve();
        }
        watching.add(done);
      });
    }
    return true;
  }

  #tell(): void {
    for (const resolve of this.#watching) resolve();
  }

  /** Messages of the site that may be started now. */
  #startable(queue: SiteQueue): number {
    if (!queue.rate || queue.length === 0) return queue.length;
    const free = queue.rate.free(this.#options.clock.now());
    if (free < queue.length) this.#wakeLater(queue, queue.rate);
    return Math.min(free, queue.length);
  }

  /** When the limit lets the next one through; where all of it is under way, its end wakes. */
  #wakeLater(queue: SiteQueue, rate: SiteRate): void {
    const now = this.#options.clock.now();
    const nextAtMs = rate.nextAtMs(now);
    if (nextAtMs === undefined || queue.rateTimer) return;
    queue.rateTimer = setTimeout(
      () => {
        queue.rateTimer = undefined;
        this.wake(queue);
      },
      Math.max(nextAtMs - now, 1),
    );
    queue.rateTimer.unref();
  }

  #mayOpen(queue: SiteQueue): boolean {
    const { connectionsPerSiteMax, connectionsMax } = this.#options.settings;
    const { lane } = queue;
    if (!lane || lane.isOrphaned || queue.downUntilMs > this.#options.clock.now()) return false;
    const others = lane.connectionsOfOthers.get(queue.site) ?? 0;
    if (queue.connections + others >= connectionsPerSiteMax) return false;
    if (this.#connections.size + this.#opening < connectionsMax) return true;
    this.#crowdedOut.add(queue);
    this.#connections.endOneIdle();
    return false;
  }

  /** A connection of the site is closed, or none came about. */
  #left(queue: SiteQueue): void {
    queue.connections -= 1;
    this.#tell();
    const crowdedOut = [...this.#crowdedOut];
    this.#crowdedOut.clear();
    for (const other of crowdedOut) this.wake(other);
    if (queue.length > 0) this.wake(queue);
  }

  async #run(queue: SiteQueue): Promise<void> {
    const first = this.#next(queue);
    const connection = first && (await this.#openFor(queue, first));
    if (!connection) {
      if (first) queue.rate?.giveBack();
      this.#left(queue);
      return;
    }
    this.#connections.add(queue, connection, this.#options.clock.now());
    queue.open += 1;
    try {
      await this.#deliver(queue, connection, first);
    } finally {
      queue.open -= 1;
      // The good-bye needs nobody to wait for it, but counts until it is over.
      connection.close().catch((error: unknown) => this.#options.onError(error));
    }
  }

  async #deliver(queue: SiteQueue, connection: SmtpConnection, first: Entry): Promise<void> {
    const { settings, clock } = this.#options;
    for (let entry: Entry | undefined = first; entry;) {
      if (!this.#mayGo(queue, entry)) return;
      this.#connections.carry(connection, entry);
      try {
        await this.#send(queue, connection, entry);
      } finally {
        this.#connections.carry(connection, undefined);
        queue.rate?.end(clock.now());
        this.#tell();
      }
      if (!connection.usable || connection.messagesSent >= settings.messagesPerConnectionMax)
        return;
      do entry = this.#next(queue) ?? (await this.#waitForEntry(queue, connection));
      while (entry && !(await this.#stillHere(queue, entry)));
    }
  }

  /** Whether an entry that was taken from the queue may be sent after all that took time; else it goes back. */
  #mayGo(queue: SiteQueue, entry: Entry): boolean {
    const isOurs = !entry.lane.lost && !entry.lane.closing;
    if (isOurs && this.#leases.mayStart) return true;
    queue.rate?.giveBack();
    if (isOurs) queue.unshift(entry);
    else this.#settler.handBack(entry);
    return false;
  }

  /** The next entry whose lane is still ours; the others are dropped, for their owner has them. */
  #next(queue: SiteQueue): Entry | undefined {
    if (this.#stopping || !this.#leases.mayStart) return undefined;
    if (queue.rate && this.#startable(queue) === 0) return undefined;
    for (let entry = queue.shift(); entry; entry = queue.shift()) {
      if (!entry.lane.lost && !entry.lane.closing) {
        queue.rate?.start();
        beginAttempt(this.#tracer, entry);
        return entry;
      }
      this.#settler.handBack(entry);
    }
    return undefined;
  }

  /** Waits for a message, at most `idleMs`: one that woke it may have been taken by another connection. */
  async #waitForEntry(queue: SiteQueue, connection: SmtpConnection): Promise<Entry | undefined> {
    const { settings, clock } = this.#options;
    const untilMs = clock.now() + settings.idleMs;
    const goesOn = (): boolean =>
      connection.usable && !this.#stopping && !queue.lane?.closing && !queue.lane?.lost;
    while (goesOn() && clock.now() < untilMs) {
      await this.#wakened(queue, connection, untilMs - clock.now());
      const entry = connection.usable ? this.#next(queue) : undefined;
      if (entry) return entry;
    }
    return undefined;
  }

  async #wakened(queue: SiteQueue, connection: SmtpConnection, waitMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        queue.waiters.delete(wake);
        this.#connections.wait(connection, undefined);
        resolve();
      };
      const timer = setTimeout(wake, waitMs);
      queue.waiters.add(wake);
      this.#connections.wait(connection, wake);
    });
  }

  /** Whether the entry's domain is still served by this site; else it is on its way to another one. */
  async #stillHere(queue: SiteQueue, entry: Entry): Promise<boolean> {
    const route = entry.envelope.route;
    if (!route || route.nextHop !== '') return true;
    const answer = await this.#options.resolver.resolve(route.domain);
    if (answer.kind === 'hosts' && answer.site !== queue.site) {
      queue.rate?.giveBack();
      this.#settler.reroute(entry, answer.site);
      return false;
    }
    return true;
  }

  /** What is thrown on the way is no reason to lose sight of a message. */
  async #openFor(queue: SiteQueue, entry: Entry): Promise<SmtpConnection | undefined> {
    try {
      return await this.#open(queue, entry);
    } catch (error) {
      this.#options.onError(error);
      const dueAtMs = this.#options.clock.now() + REST_MIN_MS;
      if (!entry.settled) this.#settler.park(entry, dueAtMs, 'due', 'connecting met an error');
      return undefined;
    }
  }

  async #open(queue: SiteQueue, entry: Entry): Promise<SmtpConnection | undefined> {
    this.#opening += 1;
    try {
      const found = await this.#finder.find(entry.envelope.route!);
      if (entry.lane.lost || entry.lane.closing) {
        this.#settler.handBack(entry);
        return undefined;
      }
      if (found.kind === 'permanent') {
        await this.#settleAll(entry, { kind: 'rejected-permanent', reply: found.reply });
        return undefined;
      }
      if (found.kind === 'temporary') {
        await this.#unresolved(queue, entry, { kind: 'failed', reason: found.reason });
        return undefined;
      }
      if (found.site !== queue.site) {
        this.#settler.reroute(entry, found.site);
        return undefined;
      }
      return await this.#connectFirst(queue, entry, found.targets);
    } finally {
      this.#opening -= 1;
    }
  }

  /** What is ready for the domain shares the failure; others of the site, whose names may do, do not. */
  async #unresolved(queue: SiteQueue, entry: Entry, outcome: RecipientOutcome): Promise<void> {
    const { domain, nextHop } = entry.envelope.route!;
    queue.lastReply = describe(outcome);
    await this.#settleAll(entry, outcome);
    const same = ({ envelope: { route } }: Entry): boolean =>
      route?.domain === domain && route.nextHop === nextHop;
    for (const other of queue.remove(same)) await this.#settleAll(other, outcome);
  }

  async #connectFirst(
    queue: SiteQueue,
    entry: Entry,
    targets: readonly Target[],
  ): Promise<SmtpConnection | undefined> {
    const connected = await this.#hosts.connectFirst(targets, entry.lane.abort.signal);
    if (!('kind' in connected)) {
      queue.failures = 0;
      return connected;
    }
    if (entry.lane.closing || entry.lane.lost) this.#settler.handBack(entry);
    else await this.#unreachable(queue, entry, connected);
    return undefined;
  }

  /** The site rests; what is ready for it shares the failure, unless other connections to it live. */
  async #unreachable(queue: SiteQueue, entry: Entry, outcome: RecipientOutcome): Promise<void> {
    const now = this.#options.clock.now();
    if (queue.downUntilMs <= now) {
      const restMs = Math.min(REST_MIN_MS * 2 ** queue.failures, REST_MAX_MS);
      queue.failures += 1;
      queue.downUntilMs = now + Math.min(restMs, this.#options.settings.retryMinMs);
    }
    queue.lastReply = describe(outcome);
    await this.#settleAll(entry, outcome);
    if (queue.open > 0) return;
    for (const other of queue.remove(() => true)) await this.#settleAll(other, outcome);
  }

  async #send(queue: SiteQueue, connection: SmtpConnection, entry: Entry): Promise<void> {
    const reused = connection.messagesSent > 0;
    const { bytes, sizeBytes } = entry.body;
    const heldBytes = bytes ? 0 : Math.min(sizeBytes, INLINE_BYTES_MAX);
    if (!this.#queues.hold(queue, heldBytes)) {
      const dueAtMs = this.#options.clock.now() + REST_MIN_MS;
      this.#settler.park(entry, dueAtMs, 'waiting', 'waits for memory');
      return;
    }
    this.#settler.goesOut(entry);
    attemptOn(entry, connection);
    let result: SendResult;
    try {
      result = await connection.send(await this.#message(entry));
    } catch (error) {
      this.#options.onError(aboutMessage(error, entry.envelope.messageId));
      this.#settler.park(
        entry,
        this.#options.clock.now() + REST_MIN_MS,
        'due',
        'its content could not be read',
      );
      return;
    } finally {
      this.#queues.letGo(queue, heldBytes);
    }
    const hasFailed = ({ kind }: RecipientOutcome): boolean => kind === 'failed';
    if (result.outcomes.every((outcome) => hasFailed(outcome) || isClosing(outcome))) {
      if (this.#restart(queue, connection, entry, reused && result.unanswered)) return;
    }
    if (entry.lane.closing && result.outcomes.every(hasFailed)) {
      this.#settler.handBack(entry);
      return;
    }
    // Its server counts the connection, and the next owner of the lane does so by the row.
    if (entry.lane.letGo) await connection.close();
    const last = result.outcomes.findLast((outcome) => outcome.kind !== 'delivered');
    if (last) queue.lastReply = describe(last);
    await this.#settler.attempted(entry, result.outcomes, result.dsnRelayed);
  }

  /** A connection that broke before the server had the message is no attempt, a few times. */
  #restart(queue: SiteQueue, connection: SmtpConnection, entry: Entry, free: boolean): boolean {
    if (connection.usable || entry.restarts >= RESTARTS_MAX) return false;
    if (entry.lane.lost || entry.lane.closing) return false;
    entry.restarts += 1;
    if (!free) this.#hosts.failed(connection.target.address);
    queue.unshift(entry);
    return true;
  }

  async #message(entry: Entry): Promise<Parameters<SmtpConnection['send']>[0]> {
    const { log } = this.#options;
    const { envelope, body } = entry;
    const inline = body.sizeBytes <= INLINE_BYTES_MAX;
    return {
      reversePath: envelope.reversePath,
      recipients: envelope.recipients,
      envid: envelope.envid,
      ret: envelope.ret,
      sizeBytes: body.sizeBytes,
      smtputf8: envelope.smtputf8,
      is8bit: envelope.is8bit,
      body: inline ? await log.readBody(body) : () => log.bodyChunks(body),
      mayEnd: () => !entry.lane.lost && this.#leases.mayEnd,
    };
  }

  #settleAll(entry: Entry, outcome: RecipientOutcome): Promise<void> {
    return this.#settler.attempted(
      entry,
      entry.envelope.recipients.map(() => outcome),
    );
  }
}

function describe(outcome: RecipientOutcome): string {
  const reply: SmtpReply | undefined = 'reply' in outcome ? outcome.reply : undefined;
  if (reply) return [reply.code, reply.enhanced, reply.text].filter(Boolean).join(' ');
  return 'reason' in outcome ? outcome.reason : '';
}
