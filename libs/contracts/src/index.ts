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
export { DeliveryClient, DeliveryService } from './staffetta/delivery/v1/delivery.ts';
export type {
  Connection,
  DeliveryServer,
  ListConnectionsRequest,
  ListConnectionsResponse,
  ListQueuesRequest,
  ListQueuesResponse,
  Queue,
} from './staffetta/delivery/v1/delivery.ts';
export { EventsClient, EventsService } from './staffetta/events/v1/events.ts';
export type {
  CheckLedgerRequest,
  CheckLedgerResponse,
  Event,
  EventsServer,
  GetMessageRequest,
  GetMessageResponse,
  ListMessagesRequest,
  ListMessagesResponse,
  ListMinutesRequest,
  ListMinutesResponse,
  MessageHead,
  Reply,
  WatchFiguresRequest,
  WatchFiguresResponse,
} from './staffetta/events/v1/events.ts';
export { MailboxClient, MailboxService } from './staffetta/mailbox/v1/mailbox.ts';
export type {
  AuthenticateRequest,
  AuthenticateResponse,
  FindRecipientsRequest,
  FindRecipientsResponse,
  MailboxServer,
  Recipient,
} from './staffetta/mailbox/v1/mailbox.ts';
export { RouterClient, RouterService } from './staffetta/router/v1/router.ts';
export type { RouteAnswer, RouteEnd, RouteRequest, RouteResponse, RouterServer } from './staffetta/router/v1/router.ts';
