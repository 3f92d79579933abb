export { Delivery } from './delivery.ts';
export type { ReadySite } from './delivery.ts';
export type { DeliveryMetrics, DeliveryOptions, DeliverySettings } from './options.ts';
