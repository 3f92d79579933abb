import { DeliveryService } from '@staffetta/contracts';
import type { MethodPolicy } from '@staffetta/grpc';

/** An operator waits for it, and one worker that hangs must not hold back what the others said. */
const DEADLINE_MS = 2_000;
/** Parts of an answer: 500 queues with replies of 300 characters are far below the 4 MiB of a message. */
export const ITEMS_PER_MESSAGE_MAX = 500;
/** Of one answer. */
export const ITEMS_MAX = 10_000;

/** How a channel calls a delivery worker. */
export const DELIVERY_METHODS: readonly MethodPolicy[] = [
  { path: DeliveryService.listQueues.path, deadlineMs: DEADLINE_MS },
  { path: DeliveryService.listConnections.path, deadlineMs: DEADLINE_MS },
];
