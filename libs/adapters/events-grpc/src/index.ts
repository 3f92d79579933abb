export { EventsOffer } from './events-offer.ts';
export { GrpcEventsView } from './grpc-events-view.ts';
export { EVENTS_METHODS } from './methods.ts';
