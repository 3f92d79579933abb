export { createEvents } from './create-events.ts';
export type { EventsOptions } from './create-events.ts';
