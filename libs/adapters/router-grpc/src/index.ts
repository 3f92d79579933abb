export { GrpcRoutes } from './grpc-routes.ts';
export { ROUTER_METHODS } from './methods.ts';
export { RouterOffer } from './router-offer.ts';
