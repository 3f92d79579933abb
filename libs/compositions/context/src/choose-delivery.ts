import type { DeliveryWorkers } from '@staffetta/core';
import { formatHostPort } from '@staffetta/platform';
import { AllWorkers } from './all-workers.ts';
import { ConfiguredWorker } from './configured-worker.ts';
import type { Context } from './context.ts';
import { RegisteredWorkers } from './registered-workers.ts';

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
