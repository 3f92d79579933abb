export { DnsZone } from './dns/dns-zone.ts';
export type { DnsFault, DnsZoneOptions, ZoneAnswer, ZoneRecord } from './dns/dns-zone.ts';
export { startDnsZone } from './dns/dns-zone-server.ts';
export type { DnsZoneServer } from './dns/dns-zone-server.ts';
export { zoneDns } from './dns/zone-dns.ts';
export { dnsContract } from './dns/dns-contract.ts';
export { seededRandom } from './dns/seeded-random.ts';
export { MemoryMailStore } from './mail-store/memory-mail-store.ts';
export { mailStoreContract } from './mail-store/mail-store-contract.ts';
export { sampleMessage } from './mail-store/contract-samples.ts';
export type { MadeMailStore } from './mail-store/contract-samples.ts';
export { deliveryStoreContract, parkedInserts, settlementOf } from './contracts/delivery-store.ts';
export { madeAccounts } from './postgres/made-accounts.ts';
export { localDeliveryStoreContract } from './contracts/local-delivery-store.ts';
export type { MadeLocalDeliveryStore } from './contracts/local-delivery-store.ts';
export type { MadeDeliveryStore } from './contracts/delivery-store.ts';
export { lanesContract } from './contracts/lanes.ts';
export type { MadeLanes } from './contracts/lanes.ts';
export { logContract } from './contracts/log.ts';
export { mxResolverContract, remoteMxResolverContract } from './contracts/mx-resolver.ts';
export type { MadeMxResolver, MadeRemoteMxResolver } from './contracts/mx-resolver.ts';
export {
  acceptedEvent,
  acceptedLeases,
  bodyOf,
  byReference,
  passOn,
  pipeLane,
  randomBody,
  readAll,
  readTopic,
  sampleEnvelope,
  sampleRecord,
} from './contracts/log-samples.ts';
export type { MadeLog } from './contracts/log-samples.ts';
export { startSecuredKafka } from './kafka/secured-kafka.ts';
export type { SecuredKafka } from './kafka/secured-kafka.ts';
export { startTestKafka } from './kafka/test-kafka.ts';
export type { TestKafka } from './kafka/test-kafka.ts';
export type { JavaCompilers, TestBroker } from './kafka/test-broker.ts';
export { FaultyProxy } from './net/faulty-proxy.ts';
export { startTestDatabase } from './postgres/test-database.ts';
export type { TestDatabase } from './postgres/test-database.ts';
export { SmtpDialogue } from './smtp/smtp-dialogue.ts';
export type { DialogueTarget } from './smtp/smtp-dialogue.ts';
export {
  briefOutcomes,
  clientDialogues,
  connectionOf,
  outgoingMessage,
  sendingOne,
  takeMessage,
} from './smtp-sink/client-dialogue.ts';
export type { ClientDialogue } from './smtp-sink/client-dialogue.ts';
export { CountingSmtpSink } from './smtp-sink/counting-smtp-sink.ts';
export { HoldingSmtpSink } from './smtp-sink/holding-smtp-sink.ts';
export type { SinkArrival } from './smtp-sink/holding-smtp-sink.ts';
export type { CountingSmtpSinkOptions } from './smtp-sink/counting-smtp-sink.ts';
export { ScriptedSmtpServer } from './smtp-sink/scripted-smtp-server.ts';
export type { SmtpScript } from './smtp-sink/scripted-smtp-server.ts';
export { ScriptedSmtpSession } from './smtp-sink/scripted-smtp-session.ts';
export { TEST_IDENTITY } from './smtp-sink/test-identity.ts';
export { MemoryTracer } from './memory-tracer.ts';
export type { MemorySpan } from './memory-tracer.ts';
