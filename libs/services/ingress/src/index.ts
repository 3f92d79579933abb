export { createIngress } from './ingress.ts';
export type { Ingress, IngressParts } from './ingress.ts';
export { INGRESS_DEFAULTS } from './options.ts';
export type {
  AcceptsMail,
  Door,
  IngressMetrics,
  IngressOptions,
  RefusalReason,
} from './options.ts';
