import type {
  DeliveryFilter,
  DeliveryView,
  DeliveryWorkers,
  OpenConnection,
  ReadyQueue,
  WorkerAnswer,
} from '@staffetta/core';

/** A worker that can be asked, or why it cannot. */
export interface KnownWorker {
  /** Id of its instance, or where it answers. */
  readonly id: string;
  readonly view: DeliveryView | string;
}

/** Asks all workers at once. */
export class AllWorkers implements DeliveryWorkers {
  readonly #known: () => readonly KnownWorker[];

  constructor(known: () => readonly KnownWorker[]) {
    this.#known = known;
  }

  queues(filter: DeliveryFilter): Promise<readonly WorkerAnswer<ReadyQueue>[]> {
    return this.#ask((view) => view.queues(filter));
  }

  connections(filter: DeliveryFilter): Promise<readonly WorkerAnswer<OpenConnection>[]> {
    return this.#ask((view) => view.connections(filter));
  }

  #ask<Value>(
    question: (view: DeliveryView) => Promise<readonly Value[]>,
  ): Promise<readonly WorkerAnswer<Value>[]> {
    const answers = this.#known().map(async ({ id, view }): Promise<WorkerAnswer<Value>> => {
      try {
        if (typeof view === 'string') return { kind: 'away', worker: id, reason: view };
        return { kind: 'answer', worker: id, values: await question(view) };
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        return { kind: 'away', worker: id, reason };
      }
    });
    return Promise.all(answers);
  }
}
