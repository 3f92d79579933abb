import type {
  Directory,
  Envelope,
  LogRecord,
  MailEvent,
  PipeResult,
  Recipient,
  Route,
  StoredRecord,
} from '@staffetta/core';
import { notifySender } from '@staffetta/dsn';
import type { NotifyContext } from '@staffetta/dsn';
import { expandRecipients } from './expand-recipients.ts';
import type { Destination, Expansion } from './expand-recipients.ts';
import type { SiteFinder } from './site-finder.ts';

/** Every server takes this many recipients in one transaction (RFC 5321 §4.5.3.1.8). */
const TRANSACTION_RECIPIENTS_MAX = 100;

/** What routing asks and knows. */
export interface RoutingContext {
  readonly directory: Directory;
  readonly sites: SiteFinder;
  /** Smart host for all mail to other servers, `host:port`; empty for MX. */
  readonly nextHop: string;
  readonly notify: () => NotifyContext;
  /** The start of a record's content, its header at least, for reports. */
  readonly original: (record: StoredRecord) => Promise<Buffer>;
}

/** Routes a batch: what goes on to which log, and what ended here. */
export async function routeBatch(
  records: readonly StoredRecord[],
  context: RoutingContext,
): Promise<PipeResult> {
  const results = await Promise.all(records.map((record) => routeRecord(record, context)));
  return {
    records: results.flatMap((result) => result.records),
    events: results.flatMap((result) => result.events),
  };
}

async function routeRecord(record: StoredRecord, context: RoutingContext): Promise<PipeResult> {
  const { envelope } = record;
  const expansion = await expandRecipients(envelope.recipients, context.directory);
  const [outbound, refusals] = await Promise.all([
    outboundRecords(record, expansion.destinations, context),
    refuse(record, expansion.destinations, context),
  ]);
  return {
    records: [...localRecords(record, expansion.destinations), ...outbound, ...refusals.records],
    events: [...expansionEvents(envelope, expansion, context), ...refusals.events],
  };
}

function localRecords(record: StoredRecord, destinations: readonly Destination[]): LogRecord[] {
  return destinations.flatMap((destination) => {
    if (destination.kind !== 'local') return [];
    const { recipient } = destination;
    const envelope = { ...record.envelope, recipients: [recipient] };
    return [{ topic: 'local', key: recipient.accountId, envelope, body: record.body }];
  });
}

/** One record for each site; recipients of one domain stay together. */
async function outboundRecords(
  record: StoredRecord,
  destinations: readonly Destination[],
  context: RoutingContext,
): Promise<LogRecord[]> {
  const groups = new Map<string, { route: Route; recipients: Recipient[] }>();
  for (const destination of destinations) {
    if (destination.kind !== 'remote') continue;
    const { domain, relay } = destination;
    const { site, nextHop } = await siteOf(destination, context);
    const route = { site, domain, nextHop, relay: relay !== undefined };
    // Domains of one site may differ in what they ask of TLS: one record for each.
    const key = `${site} ${domain}`;
    const group = groups.get(key);
    if (group) group.recipients.push(destination.recipient);
    else groups.set(key, { route, recipients: [destination.recipient] });
  }
  return [...groups.values()].flatMap(({ route, recipients }) =>
    chunks(recipients, TRANSACTION_RECIPIENTS_MAX).map((some): LogRecord => ({
      topic: 'outbound',
      key: route.site,
      envelope: { ...record.envelope, recipients: some, route },
      body: record.body,
    })),
  );
}

/** By which site and next hop mail for another server goes: a relay domain's own next hop, else the smart host, else MX. */
export async function siteOf(
  { domain, relay }: Extract<Destination, { kind: 'remote' }>,
  { sites, nextHop: smartHost }: Pick<RoutingContext, 'sites' | 'nextHop'>,
): Promise<{ readonly site: string; readonly nextHop: string }> {
  const nextHop = relay ? relay.nextHop : smartHost;
  return { site: nextHop || (await sites.site(domain)), nextHop };
}

function chunks<Item>(items: readonly Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}

async function refuse(
  record: StoredRecord,
  destinations: readonly Destination[],
  context: RoutingContext,
): Promise<PipeResult> {
  const refusals = destinations.filter((destination) => destination.kind === 'refused');
  if (refusals.length === 0) return { records: [], events: [] };
  const { envelope } = record;
  const original = await context.original(record);
  const report = notifySender(
    envelope,
    refusals.map(({ recipient, reply }) => ({
      recipient,
      action: 'failed',
      status: reply.enhanced ?? '5.0.0',
      reply,
      reason: '',
    })),
    original,
    context.notify(),
  );
  const { nowMs } = context.notify();
  const events = refusals.map<MailEvent>(({ recipient, reply }) => ({
    type: envelope.reversePath === '' ? 'discarded' : 'bounced',
    messageId: envelope.messageId,
    tenantId: envelope.tenantId,
    recipient: recipient.number,
    atMs: nowMs,
    reply,
    ...(report && { causedMessageId: report.event.messageId }),
  }));
  return report
    ? { records: [report.record], events: [...events, report.event] }
    : { records: [], events };
}

function expansionEvents(
  envelope: Envelope,
  { destinations, added }: Expansion,
  context: RoutingContext,
): MailEvent[] {
  const { nowMs } = context.notify();
  const base = { messageId: envelope.messageId, tenantId: envelope.tenantId, atMs: nowMs };
  return [
    ...added.map<MailEvent>(({ number, address }) => ({
      ...base,
      type: 'added',
      recipient: number,
      address,
    })),
    ...destinations.flatMap<MailEvent>(({ kind, recipient }) =>
      kind === 'replaced' || kind === 'merged'
        ? [{ ...base, type: kind, recipient: recipient.number }]
        : [],
    ),
  ];
}
