export { Envelope, RecordBatch } from './staffetta/mail/v1/envelope.ts';
export { HealthCheckResponse_ServingStatus, HealthClient, HealthService } from './grpc/health/v1/health.ts';
export type { HealthCheckRequest, HealthCheckResponse, HealthServer } from './grpc/health/v1/health.ts';
export { ServerReflectionClient, ServerReflectionService } from './grpc/reflection/v1/reflection.ts';
export type {
  ServerReflectionRequest,
  ServerReflectionResponse,
  ServerReflectionServer,
} from './grpc/reflection/v1/reflection.ts';
export { DESCRIPTORS } from './descriptors.ts';
export { ResolverClient, ResolverService } from './staffetta/resolver/v1/resolver.ts';
export type {
  Answer,
  Hosts,
  NumberedAnswer,
  NumberedQuestion,
  ResolveManyRequest,
  ResolveManyResponse,
  ResolveRequest,
  ResolveResponse,
  ResolverServer,
} from './staffetta/resolver/v1/resolver.ts';
