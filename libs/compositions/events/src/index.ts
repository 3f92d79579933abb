export { createEventsService } from './create-events-service.ts';
