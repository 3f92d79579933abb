export { Delivery } from './delivery.ts';
export type { ReadySite } from './delivery.ts';
export type { DrainWait, DeliveryMetrics, DeliveryOptions, DeliverySettings } from './options.ts';
