import type { ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js';

/** A service as a server takes it. */
export interface GrpcOffer {
  readonly definition: ServiceDefinition;
  readonly implementation: UntypedServiceImplementation;
  /** Ends long streams in order: what was asked is answered, nothing new is taken. */
  drain?(): void;
}
