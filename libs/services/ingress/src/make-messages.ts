import { isAscii } from 'node:buffer';
import {
  ENVELOPE_FORMAT_VERSION,
  messageAttributes,
  newMessageId,
  rfc5322Date,
  splitAddress,
} from '@staffetta/core';
import type {
  AcceptedEvent,
  Envelope,
  LogRecord,
  SmtpMail,
  SmtpRcpt,
  SmtpSessionInfo,
  Span,
  Tracer,
} from '@staffetta/core';
import type { Door, IngressOptions } from './options.ts';
import type { ReadContent } from './read-content.ts';
import { receivedField, withProtocol } from './received.ts';
import { submitterName } from './submitter.ts';
import type { MailSubmitter } from './submitter.ts';

/** Mail that nobody gave a priority: behind urgent (0), before the patient (2, 3). */
const PRIORITY = 1;

/** A recipient that was accepted, and whose mail it is. */
export interface AcceptedRecipient extends SmtpRcpt {
  readonly tenantId: string;
}

/** A transaction whose content has been read. */
export interface Transaction {
  readonly mail: SmtpMail;
  readonly recipients: readonly AcceptedRecipient[];
  readonly submitter: MailSubmitter | undefined;
  readonly door: Door;
  readonly info: SmtpSessionInfo;
  /** When its MAIL came. */
  readonly beganAtMs: number;
  readonly nowMs: number;
  readonly tracer: Tracer;
  readonly options: IngressOptions;
}

/** What is appended for a transaction: one message, or one a tenant where its recipients belong to several. */
export function makeMessages(
  content: ReadContent,
  transaction: Transaction,
): {
  readonly records: LogRecord[];
  readonly events: AcceptedEvent[];
  /** Of those that are sampled; to be ended when they are durable. */
  readonly spans: readonly Span[] | undefined;
} {
  const records: LogRecord[] = [];
  const events: AcceptedEvent[] = [];
  let spans: Span[] | undefined;
  for (const [tenantId, recipients] of byTenant(transaction.recipients)) {
    const plain = makeRecord(content, transaction, tenantId, recipients);
    const span = transaction.tracer.accept(plain.key, transaction.beganAtMs);
    const record = span ? withSpan(plain, span) : plain;
    if (span) (spans ??= []).push(span);
    records.push(record);
    events.push({
      type: 'accepted',
      messageId: record.key,
      tenantId,
      atMs: transaction.nowMs,
      envelope: record.envelope,
      subject: content.header.subject,
    });
  }
  return { records, events, spans };
}

function withSpan(record: LogRecord, span: Span): LogRecord {
  span.set(messageAttributes(record.envelope, 'accept'));
  return { ...record, envelope: { ...record.envelope, traceparent: span.traceparent } };
}

function byTenant(
  recipients: readonly AcceptedRecipient[],
): Iterable<readonly [string, readonly AcceptedRecipient[]]> {
  const first = recipients[0]!.tenantId;
  if (recipients.every(({ tenantId }) => tenantId === first)) return [[first, recipients]];
  return Map.groupBy(recipients, ({ tenantId }) => tenantId);
}

function makeRecord(
  content: ReadContent,
  transaction: Transaction,
  tenantId: string,
  recipients: readonly AcceptedRecipient[],
): LogRecord {
  const messageId = newMessageId(transaction.nowMs);
  const smtputf8 = needsSmtputf8(content, transaction.mail, recipients);
  const protocol = withProtocol(transaction.info.protocol, {
    tls: transaction.info.tls !== '',
    authenticated: submitterName(transaction.submitter) !== '',
    smtputf8,
  });
  const fields = ourFields(content, transaction, { messageId, protocol, recipients, smtputf8 });
  const bytes = Buffer.concat([Buffer.from(fields), ...content.pieces]);
  const envelope: Envelope = {
    formatVersion: ENVELOPE_FORMAT_VERSION,
    messageId,
    tenantId,
    reversePath: transaction.mail.address,
    recipients: recipients.map(({ address, orcpt, notify }, index) => ({
      number: index + 1,
      address,
      orcpt,
      notify,
      attempts: 0,
      accountId: '',
    })),
    acceptedAtMs: transaction.nowMs,
    expiresAtMs: transaction.nowMs + transaction.options.expiresMs,
    notBeforeMs: 0,
    bulk: isBulk(content, transaction.submitter),
    priority: PRIORITY,
    campaign: '',
    tags: [],
    egressPool: '',
    injection: {
      listener: transaction.door,
      peer: transaction.info.remoteAddress,
      helo: transaction.info.helo,
      credential: submitterName(transaction.submitter),
      protocol,
    },
    ret: transaction.mail.ret,
    envid: transaction.mail.envid,
    requireTls: false,
    smtputf8,
    is8bit: content.is8bit,
    sizeBytes: bytes.length,
    route: undefined,
  };
  const body = { sizeBytes: bytes.length, bytes, ref: undefined };
  return { topic: 'accepted', key: messageId, envelope, body };
}

/** RFC 6531: the parameter alone does not make a message one that only SMTPUTF8 servers may get. */
function needsSmtputf8(
  content: ReadContent,
  mail: SmtpMail,
  recipients: readonly AcceptedRecipient[],
): boolean {
  if (!mail.smtputf8) return false;
  return (
    content.headerIs8bit ||
    !isAsciiText(mail.address) ||
    recipients.some(({ address }) => !isAsciiText(address))
  );
}

function isBulk(content: ReadContent, submitter: MailSubmitter | undefined): boolean {
  if (!submitter) return false;
  return content.header.saysBulk || (submitter.kind === 'credential' && submitter.bulk);
}

/** Trace, and for an account what RFC 6409 §8 lets a submission server add. */
function ourFields(
  content: ReadContent,
  { info, options, nowMs, submitter, mail }: Transaction,
  message: {
    readonly messageId: string;
    readonly protocol: string;
    readonly recipients: readonly AcceptedRecipient[];
    readonly smtputf8: boolean;
  },
): string {
  const only = message.recipients.length === 1 ? message.recipients[0]!.address : '';
  let fields = receivedField({
    helo: info.helo,
    peer: info.remoteAddress,
    hostname: options.hostname,
    protocol: message.protocol,
    tls: info.tls,
    messageId: message.messageId,
    recipient: message.smtputf8 || isAsciiText(only) ? only : '',
    atMs: nowMs,
  });
  if (submitter?.kind !== 'account') return fields;
  if (!content.header.hasMessageId) {
    const sender = splitAddress(mail.address || submitter.address)?.domain ?? options.hostname;
    fields += `Message-ID: <${message.messageId}@${isAsciiText(sender) ? sender : options.hostname}>\r\n`;
  }
  if (!content.header.hasDate) fields += `Date: ${rfc5322Date(nowMs)}\r\n`;
  return fields;
}

function isAsciiText(text: string): boolean {
  return isAscii(Buffer.from(text));
}
