import { aboutMessage } from '@staffetta/core';
import type {
  OpenConnection,
  RecipientOutcome,
  SendResult,
  SmtpConnection,
  SmtpReply,
} from '@staffetta/core';
import type { Entry } from './entry.ts';
import { HostConnector } from './host-connector.ts';
import type { DeliveryOptions } from './options.ts';
import type { OwnedLane } from './owned-lane.ts';
import type { ReadyQueues } from './ready-queues.ts';
import type { Settler } from './settler.ts';
import type { SiteQueue } from './site-queue.ts';
import type { Target, TargetFinder } from './targets.ts';

/** A site that could not be reached rests this long at first, doubled each time, in milliseconds. */
const REST_MIN_MS = 1_000;
const REST_MAX_MS = 60_000;
/** A message starts again at once this often after connections that broke. */
const RESTARTS_MAX = 2;
/** Contents up to this size are read as one, larger ones in pieces of it: what a connection holds at most. */
const INLINE_BYTES_MAX = 1024 * 1024;

/** Delivers the ready queues: opens connections, sends one message after the other, and has the outcomes settled. */
export class SiteRunner {
  readonly #options: DeliveryOptions;
  readonly #queues: ReadyQueues;
  readonly #finder: TargetFinder;
  readonly #settler: Settler;
  readonly #mayStart: () => boolean;
  /** Open connections, and what each has on the wire. */
  readonly #connections = new Map<SmtpConnection, Entry | undefined>();
  /** Of which site each is, and since when. */
  readonly #opened = new WeakMap<
    SmtpConnection,
    { readonly site: string; readonly atMs: number }
  >();
  readonly #running = new Set<Promise<void>>();
  /** Connections without a message, and how to wake them. */
  readonly #waiting = new Map<SmtpConnection, () => void>();
  /** Those who wait for transactions to end. */
  readonly #sent = new Set<() => void>();
  readonly #abort = new AbortController();
  readonly #hosts: HostConnector;
  #opening = 0;
  #stopping = false;

  constructor(
    options: DeliveryOptions,
    queues: ReadyQueues,
    finder: TargetFinder,
    settler: Settler,
    mayStart: () => boolean,
  ) {
    this.#options = options;
    this.#queues = queues;
    this.#finder = finder;
    this.#settler = settler;
    this.#mayStart = mayStart;
    this.#hosts = new HostConnector(options, this.#abort.signal);
  }

  /** Open connections of all sites. */
  get connections(): number {
    return this.#connections.size;
  }

  /** To be called when something was queued for the site, or a bar was lifted. */
  wake(queue: SiteQueue): void {
    if (this.#stopping || !this.#mayStart()) return;
    const { connectionsPerSiteMax, connectionsMax } = this.#options.settings;
    let waiting = queue.length;
    for (const resolve of queue.waiters) {
      if (waiting <= 0) return;
      resolve();
      waiting -= 1;
    }
    while (
      waiting > 0 &&
      queue.connections < connectionsPerSiteMax &&
      this.#connections.size + this.#opening < connectionsMax &&
      queue.downUntilMs <= this.#options.clock.now()
    ) {
      waiting -= 1;
      queue.connections += 1;
      const running: Promise<void> = this.#run(queue)
        .catch((error: unknown) => this.#options.onError(error))
        .finally(() => {
          this.#running.delete(running);
          queue.connections -= 1;
          this.#wakeEnded();
          if (queue.length > 0) this.wake(queue);
        });
      this.#running.add(running);
    }
  }

  /** Lets transactions under way end, at most so long; then cuts them. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping = true;
    this.#abort.abort();
    for (const queue of this.#queues.sites.values()) for (const wake of queue.waiters) wake();
    const timer = setTimeout(() => {
      for (const connection of this.#connections.keys()) connection.destroy();
    }, graceMs);
    await Promise.all(this.#running);
    clearTimeout(timer);
  }

  /** Connections as they are now. */
  openConnections(): readonly OpenConnection[] {
    return [...this.#connections].flatMap(([connection, entry]) => {
      const opened = this.#opened.get(connection);
      if (!opened) return [];
      const { host, address, port } = connection.target;
      const { messagesSent } = connection;
      const at = { site: opened.site, host, address, port, openedAtMs: opened.atMs };
      return [{ ...at, messagesSent, messageId: entry?.envelope.messageId }];
    });
  }

  /** What is on the wire now. */
  onWire(): readonly Entry[] {
    return [...this.#connections.values()].filter((entry) => entry !== undefined);
  }

  /** Cuts the connections that have something of the lane on the wire: its lease has ended. */
  cut(lane: OwnedLane): void {
    for (const [connection, entry] of this.#connections) {
      if (entry?.lane === lane) connection.destroy();
    }
  }

  /** Resolves when nothing of the lane is on the wire; after the time it is cut. */
  async ended(lane: OwnedLane, graceMs: number): Promise<void> {
    const timer = setTimeout(() => this.cut(lane), graceMs);
    while (lane.inMemory > 0) await new Promise<void>((resolve) => this.#sent.add(resolve));
    clearTimeout(timer);
  }

  #wakeEnded(): void {
    for (const resolve of this.#sent) resolve();
    this.#sent.clear();
  }

  async #run(queue: SiteQueue): Promise<void> {
    const first = this.#next(queue);
    if (!first) return;
    const connection = await this.#open(queue, first);
    if (!connection) return;
    this.#connections.set(connection, undefined);
    this.#opened.set(connection, { site: queue.site, atMs: this.#options.clock.now() });
    queue.open += 1;
    void connection.closed.then(() => this.#waiting.get(connection)?.());
    try {
      await this.#deliver(queue, connection, first);
    } finally {
      queue.open -= 1;
      this.#connections.delete(connection);
      // The good-bye needs nobody to wait for it.
      connection.close().catch((error: unknown) => this.#options.onError(error));
    }
  }

  async #deliver(queue: SiteQueue, connection: SmtpConnection, first: Entry): Promise<void> {
    const { messagesPerConnectionMax } = this.#options.settings;
    for (let entry: Entry | undefined = first; entry;) {
      this.#connections.set(connection, entry);
      await this.#send(queue, connection, entry);
      this.#connections.set(connection, undefined);
      this.#wakeEnded();
      if (!connection.usable || connection.messagesSent >= messagesPerConnectionMax) return;
      do entry = this.#next(queue) ?? (await this.#waitForEntry(queue, connection));
      while (entry && !(await this.#stillHere(queue, entry)));
    }
  }

  /** The next entry whose lane is still ours; the others are dropped, for their owner has them. */
  #next(queue: SiteQueue): Entry | undefined {
    if (this.#stopping || !this.#mayStart()) return undefined;
    for (let entry = queue.shift(); entry; entry = queue.shift()) {
      if (!entry.lane.lost && !entry.lane.closing) return entry;
      this.#queues.release(entry);
    }
    return undefined;
  }

  /** Waits for a message, at most `idleMs`: one that woke it may have been taken by another connection. */
  async #waitForEntry(queue: SiteQueue, connection: SmtpConnection): Promise<Entry | undefined> {
    const { settings, clock } = this.#options;
    const untilMs = clock.now() + settings.idleMs;
    while (connection.usable && !this.#stopping && clock.now() < untilMs) {
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
        this.#waiting.delete(connection);
        resolve();
      };
      const timer = setTimeout(wake, waitMs);
      queue.waiters.add(wake);
      this.#waiting.set(connection, wake);
    });
  }

  /** Whether the entry's domain is still served by this site; else it is on its way to another one. */
  async #stillHere(queue: SiteQueue, entry: Entry): Promise<boolean> {
    const route = entry.envelope.route;
    if (!route || route.nextHop !== '') return true;
    const answer = await this.#options.resolver.resolve(route.domain);
    if (answer.kind === 'hosts' && answer.site !== queue.site) {
      this.#settler.reroute(entry, answer.site);
      return false;
    }
    return true;
  }

  async #open(queue: SiteQueue, entry: Entry): Promise<SmtpConnection | undefined> {
    this.#opening += 1;
    try {
      const found = await this.#finder.find(entry.envelope.route!);
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
    const connected = await this.#hosts.connectFirst(targets);
    if (!('kind' in connected)) {
      queue.failures = 0;
      return connected;
    }
    if (this.#stopping)
      this.#settler.park(entry, this.#options.clock.now(), 'due', 'shutting down');
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
    const allFailed = result.outcomes.every((outcome) => outcome.kind === 'failed');
    if (allFailed && this.#restart(queue, connection, entry, reused && result.unanswered)) return;
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
