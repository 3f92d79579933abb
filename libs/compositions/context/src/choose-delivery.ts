import type {
  DeliveryFilter,
  DeliveryView,
  DeliveryWorkers,
  OpenConnection,
  ReadyQueue,
  WorkerAnswer,
} from '@staffetta/core';
import { formatHostPort } from '@staffetta/platform';
import type { Context } from './context.ts';
import { RegisteredWorkers } from './registered-workers.ts';
import { ConfiguredWorker } from './configured-worker.ts';

/** A worker that can be asked, or why it cannot. */
export interface KnownWorker {
  /** Id of its instance, or where it answers. */
  readonly id: string;
  readonly view: DeliveryView | string;
}

/**
 * The delivery workers: the one in this process by direct calls; else the one at `grpc.targets.delivery`; else each of
 * those in the table of instances.
 */
export async function chooseDelivery(context: Context): Promise<DeliveryWorkers> {
  const { delivery } = context.local;
  if (delivery) return new AllWorkers(() => [{ id: context.id, view: delivery }]);
  const target = context.config.grpc.targets.delivery;
  if (target) {
    const worker = new ConfiguredWorker(context.surroundings);
    await context.addChoice(worker);
    return new AllWorkers(() => [{ id: formatHostPort(target), view: worker.view }]);
  }
  const registered = new RegisteredWorkers(context.surroundings);
  await context.addChoice(registered);
  return new AllWorkers(() => registered.workers);
}

/** Asks all workers at once. */
class AllWorkers implements DeliveryWorkers {
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
