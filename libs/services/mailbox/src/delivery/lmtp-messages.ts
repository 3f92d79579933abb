import { isAscii } from 'node:buffer';
import { ENVELOPE_FORMAT_VERSION, messageAttributes, newMessageId } from '@staffetta/core';
import type {
  AcceptedEvent,
  Envelope,
  LocalCopy,
  LogRecord,
  RecipientEvent,
  SmtpMail,
  SmtpSessionInfo,
  Span,
  Tracer,
} from '@staffetta/core';
import { decodeHeaderText } from '@staffetta/mime';
import type { MessageStructure } from '@staffetta/mime';
import { analyzeBody } from './analyzed-body.ts';
import type { LmtpRecipient } from './lmtp-recipients.ts';
import type { Arrival } from './settle-group.ts';
import { deliveryFields, receivedByLmtp } from './trace-fields.ts';

/** As the router gives mail that nobody gave a priority. */
const PRIORITY = 1;
const SUBJECT_MAX_CHARS = 200;
const SUBJECT_RAW_MAX = 2_000;

/** A transaction whose content is in. */
export interface LmtpTransaction {
  readonly mail: SmtpMail;
  readonly info: SmtpSessionInfo;
  readonly content: Buffer;
  readonly structure: MessageStructure;
  readonly hostname: string;
  readonly expiresMs: number;
  readonly nowMs: number;
  readonly tracer: Tracer;
}

/** One message for the recipients of one tenant that have mailboxes here: stored at once, each with its outcome. */
export function arrivalOf(
  transaction: LmtpTransaction,
  tenantId: string,
  recipients: readonly LmtpRecipient[],
): Arrival & { readonly messageId: string; readonly span: Span | undefined } {
  const { mail, content, structure, nowMs } = transaction;
  const { envelope, received, span } = envelopeOf(transaction, tenantId, recipients);
  const { messageId } = envelope;
  const analyzed = analyzeBody(content, structure);
  const copies = new Map<string, LocalCopy>();
  const outcomes = recipients.map<RecipientEvent>(({ address, accountId = '' }, i) => {
    const type = copies.has(accountId) ? 'merged' : 'delivered';
    const fields = deliveryFields({ reversePath: mail.address, recipient: address });
    const prefix = Buffer.concat([fields, received]);
    const message = { ...analyzed, prefix, flags: [], internalDateMs: nowMs };
    if (type === 'delivered') copies.set(accountId, { accountId, message });
    return { type, messageId, tenantId, recipient: i + 1, atMs: nowMs };
  });
  const events = [acceptedEvent(transaction, envelope), ...outcomes];
  return { messageId, copies: [...copies.values()], events, span };
}

/** One message for aliases of one tenant: handed to the router, which follows them. */
export function recordOf(
  transaction: LmtpTransaction,
  tenantId: string,
  recipients: readonly LmtpRecipient[],
): {
  readonly record: LogRecord;
  readonly event: AcceptedEvent;
  readonly span: Span | undefined;
} {
  const { envelope, received, span } = envelopeOf(transaction, tenantId, recipients);
  const bytes = Buffer.concat([received, transaction.content]);
  const sized = { ...envelope, sizeBytes: bytes.length };
  const body = { sizeBytes: bytes.length, bytes, ref: undefined };
  return {
    record: { topic: 'accepted', key: envelope.messageId, envelope: sized, body },
    event: acceptedEvent(transaction, sized),
    span,
  };
}

function acceptedEvent(transaction: LmtpTransaction, envelope: Envelope): AcceptedEvent {
  const { messageId, tenantId } = envelope;
  const subject = displaySubject(transaction.structure.envelope.subject ?? '');
  return { type: 'accepted', messageId, tenantId, atMs: transaction.nowMs, envelope, subject };
}

function displaySubject(raw: string): string {
  // eslint-disable-next-line no-control-regex
  const text = decodeHeaderText(raw.slice(0, SUBJECT_RAW_MAX)).replace(/[\0-\x1f\x7f-\x9f]+/g, ' ');
  return text.trim().slice(0, SUBJECT_MAX_CHARS).toWellFormed();
}

function envelopeOf(
  { mail, info, content, hostname, expiresMs, nowMs, tracer }: LmtpTransaction,
  tenantId: string,
  recipients: readonly LmtpRecipient[],
): {
  readonly envelope: Envelope;
  readonly received: Buffer;
  readonly span: Span | undefined;
} {
  const messageId = newMessageId(nowMs);
  const { helo, remoteAddress: peer } = info;
  const envelope: Envelope = {
    formatVersion: ENVELOPE_FORMAT_VERSION,
    messageId,
    tenantId,
    reversePath: mail.address,
    recipients: recipients.map(({ address, orcpt, notify, accountId = '' }, i) => ({
      ...{ number: i + 1, address, orcpt, notify, attempts: 0, accountId },
    })),
    acceptedAtMs: nowMs,
    expiresAtMs: nowMs + expiresMs,
    notBeforeMs: 0,
    bulk: false,
    priority: PRIORITY,
    campaign: '',
    tags: [],
    egressPool: '',
    injection: { listener: 'lmtp', peer, helo, credential: '', protocol: 'LMTP' },
    ret: mail.ret,
    envid: mail.envid,
    requireTls: false,
    smtputf8: mail.smtputf8,
    is8bit: !isAscii(content),
    sizeBytes: content.length,
    route: undefined,
  };
  const received = receivedByLmtp({ helo, peer, hostname, messageId, atMs: nowMs });
  const span = tracer.accept(messageId, nowMs);
  if (!span) return { envelope, received, span };
  span.set(messageAttributes(envelope, 'accept'));
  return { envelope: { ...envelope, traceparent: span.traceparent }, received, span };
}
