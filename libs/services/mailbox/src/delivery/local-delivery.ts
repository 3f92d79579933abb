import { LaneHolder } from '@staffetta/core';
import { DeliveryWorker } from './delivery-worker.ts';
import type { LocalDeliveryOptions } from './options.ts';

/** Transactions under way at once: one is being made while the other is being written. */
const WORKERS = 2;

/** Local delivery: stores the records of `local` in the mailboxes of their accounts, each of them once. */
export class LocalDelivery {
  readonly #options: LocalDeliveryOptions;
  readonly #holder: LaneHolder;
  readonly #workers: readonly DeliveryWorker[];
  #unwatch: () => void = () => undefined;

  constructor(options: LocalDeliveryOptions) {
    this.#options = options;
    this.#workers = Array.from(
      { length: WORKERS },
      () => new DeliveryWorker(options, () => this.#holder.mayStart),
    );
    this.#holder = new LaneHolder({
      lanes: options.lanes,
      topic: 'local',
      owner: options.owner,
      clock: options.clock,
      onTaken: (taken) => this.#workerOf(taken.lane).add(taken),
      onLost: ({ lane }) => void this.#workerOf(lane).remove(lane),
      onRelease: ({ lane }) => this.#workerOf(lane).remove(lane),
      onError: (error) => options.onError(error),
    });
  }

  async start(): Promise<void> {
    this.#unwatch = this.#options.log.watch('local', ({ lane }) => this.#workerOf(lane).wake(lane));
    for (const worker of this.#workers) worker.start();
    await this.#holder.start();
  }

  /** Lanes held now. */
  get lanesHeld(): number {
    return this.#holder.held.size;
  }

  /** Ends the transactions under way and lets go of the lanes. */
  async stop(): Promise<void> {
    this.#unwatch();
    await Promise.all(this.#workers.map((worker) => worker.stop()));
    await this.#holder.stop();
  }

  #workerOf(lane: number): DeliveryWorker {
    return this.#workers[lane % WORKERS]!;
  }
}
