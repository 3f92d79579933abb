import type {
  Clock,
  DeliveryFilter,
  DeliveryView,
  OpenConnection,
  ReadyQueue,
} from '@staffetta/core';
import type { ReadyQueues } from './ready-queues.ts';
import type { SiteQueue } from './site-queue.ts';

const LIMIT_MAX = 10_000;
const REPLY_LENGTH_MAX = 300;

/** What this worker is at, read from its memory when somebody asks. */
export class LiveView implements DeliveryView {
  readonly #queues: ReadyQueues;
  readonly #connections: () => readonly OpenConnection[];
  readonly #clock: Clock;

  constructor(queues: ReadyQueues, connections: () => readonly OpenConnection[], clock: Clock) {
    this.#queues = queues;
    this.#connections = connections;
    this.#clock = clock;
  }

  async queues({ site, limit }: DeliveryFilter): Promise<readonly ReadyQueue[]> {
    const { sites } = this.#queues;
    const one = site === undefined ? undefined : sites.get(site);
    const found = site === undefined ? [...sites.values()] : one ? [one] : [];
    return found
      .toSorted((a, b) => b.inMemory - a.inMemory || b.connections - a.connections)
      .slice(0, Math.min(limit, LIMIT_MAX))
      .map((queue) => this.#readyQueue(queue));
  }

  async connections({ site, limit }: DeliveryFilter): Promise<readonly OpenConnection[]> {
    return this.#connections()
      .filter((connection) => site === undefined || connection.site === site)
      .toSorted((a, b) => a.openedAtMs - b.openedAtMs)
      .slice(0, Math.min(limit, LIMIT_MAX));
  }

  #readyQueue(queue: SiteQueue): ReadyQueue {
    const { site, length: ready, inMemory, connections, downUntilMs, lastReply } = queue;
    const rests = downUntilMs > this.#clock.now();
    return {
      site,
      ready,
      onWire: inMemory - ready,
      connections,
      lastReply: lastReply.slice(0, REPLY_LENGTH_MAX),
      restUntilMs: rests ? downUntilMs : undefined,
    };
  }
}
