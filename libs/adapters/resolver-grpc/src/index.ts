export { GrpcMxResolver } from './grpc-mx-resolver.ts';
export type { GrpcMxResolverOptions } from './grpc-mx-resolver.ts';
export { RESOLVER_METHODS } from './methods.ts';
export { ResolverOffer } from './resolver-offer.ts';
