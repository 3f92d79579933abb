import { RouterService } from '@staffetta/contracts';
import type { MethodPolicy } from '@staffetta/grpc';

/** A domain without an answer from the DNS is given up by the router after a second. */
const DEADLINE_MS = 5_000;
/** Of one question. */
export const ADDRESSES_MAX = 100;

/** How a channel calls the router. */
export const ROUTER_METHODS: readonly MethodPolicy[] = [
  { path: RouterService.route.path, deadlineMs: DEADLINE_MS, idempotent: true },
];
