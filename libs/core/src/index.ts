export { aboutMessage } from './about-message.ts';
export { newMessageId, messageIdTimeMs, isMessageId } from './message-id.ts';
export { ENVELOPE_FORMAT_VERSION, DEFAULT_TENANT } from './envelope.ts';
export type { Envelope, Recipient, Injection, Route } from './envelope.ts';
export { LEDGER_BEGIN, LEDGER_END } from './event.ts';
export type {
  MailEvent,
  AcceptedEvent,
  RecipientEvent,
  MailEventType,
  RecipientEventType,
} from './event.ts';
export type { Body } from './body.ts';
export { laneOf } from './lane.ts';
export { fairShare } from './lane-balance.ts';
export type { LaneHoldings } from './lane-balance.ts';
export { splitAddress, domainKey, addressKey } from './address.ts';
export type { AddressParts } from './address.ts';
export { APPEND_DEADLINE_MS, GroupAppend } from './group-append.ts';
export type { Append, OnGroup, WriteGroup } from './group-append.ts';
export { ServiceUnavailable } from './service-unavailable.ts';
export { LogUnavailable, PositionGone } from './ports/log.ts';
export type { Log, LogRecord, StoredRecord, Partition, PipeResult, Topic } from './ports/log.ts';
export type { BlobStore } from './ports/blob-store.ts';
export type { ParkedBodies } from './ports/parked-bodies.ts';
export type { CausedRecord, Causes } from './ports/causes.ts';
export type { EventLog, EventStore, ReadEvents } from './ports/event-log.ts';
export type { CountedLog, CountedRecord } from './ports/counted-log.ts';
export type {
  LeasedTopic,
  Lanes,
  LaneLease,
  LanePosition,
  LaneUsage,
  TakenLane,
} from './ports/lanes.ts';
export type {
  DeliveryStore,
  KeptSettlement,
  LaneSettlement,
  RowOutcome,
  RowsOfOthers,
  ScheduledInsert,
  ScheduledRow,
  ScheduledUpdate,
} from './ports/delivery-store.ts';
export type {
  Directory,
  DomainEntry,
  AddressEntry,
  Submitter,
  Authentication,
} from './ports/directory.ts';
export type {
  AccountEntry,
  Added,
  AliasEntry,
  ApiKeyEntry,
  CredentialEntry,
  DirectoryAdmin,
  OperatorEntry,
  OperatorRole,
  Page,
  Removable,
  Removed,
} from './ports/directory-admin.ts';
export type { AuditEntry, OperatorSessions } from './ports/operator-sessions.ts';
export type {
  ClusterView,
  Handover,
  Instance,
  InstanceReport,
  LaneHolderName,
  LaneView,
  OutcomeTotals,
  PartHealth,
  QueueDepth,
  TenantTotals,
  TopicLag,
} from './ports/cluster-view.ts';
export type {
  Trace,
  MessageTrace,
  TracedRecipient,
  MessageQuery,
  MessageSummary,
  MinuteCounters,
  SiteQueue,
} from './ports/trace.ts';
export type { EventsView, LedgerState, MailFigures } from './ports/events-view.ts';
export type {
  DeliveryFilter,
  DeliveryView,
  DeliveryWorkers,
  OpenConnection,
  ReadyQueue,
  WorkerAnswer,
} from './ports/delivery-view.ts';
export type { RouteAnswer, RouteEnd, Routes } from './ports/routes.ts';
export type { Accounts, FoundRecipient } from './ports/accounts.ts';
export type { Ledger, LedgerCheck, LedgerLine } from './ports/ledger.ts';
export type { Dns, DnsRecord, DnsReply, DnsType } from './ports/dns.ts';
export type {
  MxAddress,
  MxAnswer,
  MxHost,
  MxResolver,
  MxResolverStats,
} from './ports/mx-resolver.ts';
export type {
  MimeAttachment,
  MimeComposer,
  MimeFrame,
  MimeMailbox,
  MimeText,
} from './ports/mime-composer.ts';
export { endSpans, messageAttributes, noTracer } from './ports/tracer.ts';
export type { Span, SpanAttributes, SpanKind, Tracer } from './ports/tracer.ts';
export { systemClock } from './ports/clock.ts';
export type { Clock } from './ports/clock.ts';
export { systemRandom } from './ports/random.ts';
export type { Random } from './ports/random.ts';
export { isDnsName } from './dns-name.ts';
export { orderHosts } from './order-hosts.ts';
export { DEFAULT_MAILBOXES, HEADER_COLUMN_MAX_BYTES, HIERARCHY_SEPARATOR } from './mailbox.ts';
export type {
  Mailbox,
  MailboxChanges,
  MailboxRef,
  MailboxSnapshot,
  MessageColumns,
  MessageRow,
  MessageState,
  NewMessage,
  SpecialUse,
  UidRange,
} from './mailbox.ts';
export { MAILBOXES_MAX, MailStoreUnavailable } from './ports/mail-store.ts';
export type { GivenUids, MailStore, MailboxGone, Pop3Lock } from './ports/mail-store.ts';
export type {
  LocalCopy,
  LocalDeliveryStore,
  LocalSettled,
  LocalSettlement,
  SettledLane,
} from './ports/local-delivery-store.ts';
export type {
  Authenticator,
  MailboxAuthentication,
  MailboxProtocol,
} from './ports/authenticator.ts';
export type { Connection } from './ports/connection.ts';
export type {
  OutgoingMessage,
  OutgoingRecipient,
  RecipientOutcome,
  SendResult,
  SmtpConnection,
  SmtpConnector,
  SmtpConnectResult,
  SmtpReply,
  SmtpTarget,
} from './ports/smtp-client.ts';
export { MemoryBudget } from './memory-budget.ts';
export { rfc5322Date } from './rfc5322-date.ts';
export { Rounds } from './rounds.ts';
export { untilAborted } from './until-aborted.ts';
export { WatchedRounds } from './watched-rounds.ts';
export type { WatchedWork } from './watched-rounds.ts';
export type {
  ListenSmtp,
  SmtpAnswer,
  SmtpContent,
  SmtpLimits,
  SmtpListener,
  SmtpListenerOptions,
  SmtpMail,
  SmtpProxyOptions,
  SmtpRcpt,
  SmtpSessionHandler,
  SmtpSessionInfo,
  TlsIdentity,
} from './ports/smtp-listener.ts';
export { WokenRounds } from './woken-rounds.ts';
export type { RoundResult, WokenRoundsOptions } from './woken-rounds.ts';
export { LaneHolder } from './lane-holder.ts';
export type { LaneHolderOptions } from './lane-holder.ts';
