import type { OpenConnection, SmtpConnection } from '@staffetta/core';
import type { Entry } from './entry.ts';
import type { OwnedLane } from './owned-lane.ts';
import type { SiteQueue } from './site-queue.ts';

/** Where a connection belongs, and what it does. */
interface Place {
  readonly queue: SiteQueue;
  /** Milliseconds since 1970. */
  readonly openedAtMs: number;
  /** What it has on the wire. */
  entry: Entry | undefined;
  /** Wakes it while it waits for a message. */
  wake: (() => void) | undefined;
}

/** The connections of this worker, each until its socket is closed: until then its server counts it. */
export class OpenConnections {
  readonly #places = new Map<SmtpConnection, Place>();
  readonly #onClosed: (queue: SiteQueue) => void;

  constructor(onClosed: (queue: SiteQueue) => void) {
    this.#onClosed = onClosed;
  }

  get size(): number {
    return this.#places.size;
  }

  add(queue: SiteQueue, connection: SmtpConnection, openedAtMs: number): void {
    const place: Place = { queue, openedAtMs, entry: undefined, wake: undefined };
    this.#places.set(connection, place);
    void connection.closed.then(() => {
      this.#places.delete(connection);
      place.wake?.();
      this.#onClosed(queue);
    });
  }

  /** As they are now, for operators. */
  view(): readonly OpenConnection[] {
    return [...this.#places].map(([{ target, messagesSent }, { queue, openedAtMs, entry }]) => {
      const { host, address, port } = target;
      const at = { site: queue.site, host, address, port, openedAtMs };
      return { ...at, messagesSent, messageId: entry?.envelope.messageId };
    });
  }

  /** What the connection has on the wire from now on. */
  carry(connection: SmtpConnection, entry: Entry | undefined): void {
    const place = this.#places.get(connection);
    if (place) place.entry = entry;
  }

  /** The connection waits for a message, and how to wake it; or not any more. */
  wait(connection: SmtpConnection, wake: (() => void) | undefined): void {
    const place = this.#places.get(connection);
    if (place) place.wake = wake;
  }

  /** What is on the wire. */
  entries(): readonly Entry[] {
    return [...this.#places.values()].flatMap(({ entry }) => (entry ? [entry] : []));
  }

  /** Those of a lane's sites. */
  of(lane: OwnedLane): readonly (readonly [SmtpConnection, Place])[] {
    return [...this.#places].filter(
      ([, { queue, entry }]) => (entry ? entry.lane : queue.lane) === lane,
    );
  }

  /** Those of a lane that wait for the reply to a final dot. */
  unanswered(lane: OwnedLane): readonly Entry[] {
    return this.of(lane).flatMap(([connection, { entry }]) =>
      entry && connection.awaitsFinalReply ? [entry] : [],
    );
  }

  /** Ends one that has nothing to do, so that another site gets its place. */
  endOneIdle(): void {
    for (const [connection, { wake }] of this.#places) {
      if (!wake || !connection.usable) continue;
      void connection.close();
      wake();
      return;
    }
  }

  destroyAll(): void {
    for (const connection of this.#places.keys()) connection.destroy();
  }
}
