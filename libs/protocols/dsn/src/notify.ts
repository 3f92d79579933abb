import { createHash } from 'node:crypto';
import { ENVELOPE_FORMAT_VERSION, newMessageId } from '@staffetta/core';
import type { AcceptedEvent, Envelope, LogRecord, Recipient } from '@staffetta/core';
import { buildDsn } from './report.ts';
import type { DsnAction, ReportedRecipient } from './report.ts';

/** A recipient with what happened to it. */
export interface NotifiedRecipient extends Omit<ReportedRecipient, 'address' | 'orcpt'> {
  readonly recipient: Recipient;
}

/** What all reports of a process share. */
export interface NotifyContext {
  readonly hostname: string;
  readonly nowMs: number;
  /** How long a report is tried, in milliseconds. */
  readonly expiresMs: number;
}

/** A report on its way: the record to append and its first event. */
export interface Notification {
  readonly record: LogRecord;
  readonly event: AcceptedEvent;
}

/** Whether RFC 3461's NOTIFY asks for a report of this action; the default is of failures. */
export function wantsNotification(notify: string, action: DsnAction): boolean {
  if (notify === '') return action === 'failed';
  const wanted = notify.toUpperCase().split(',');
  if (action === 'failed') return wanted.includes('FAILURE');
  if (action === 'delayed') return wanted.includes('DELAY');
  return wanted.includes('SUCCESS');
}

/** Whether the whole message goes into the report: RET=FULL, and only for failures (RFC 3461 §6.2). */
export function returnsFull(envelope: Envelope, sizeBytes: number): boolean {
  return envelope.ret === 'FULL' && sizeBytes <= FULL_BYTES_MAX;
}

const FULL_BYTES_MAX = 1024 * 1024;

/**
 * The report to the sender of a message, for those recipients that want one; undefined where none does or there is
 * nobody to tell: a report is never sent for a null reverse-path (RFC 5321 §6.1).
 */
export function notifySender(
  envelope: Envelope,
  all: readonly NotifiedRecipient[],
  original: Buffer,
  context: NotifyContext,
): Notification | undefined {
  if (envelope.reversePath === '') return undefined;
  const wanted = all.filter((one) => wantsNotification(one.recipient.notify, one.action));
  if (wanted.length === 0) return undefined;
  const messageId = newMessageId(context.nowMs);
  const failed = wanted.some((one) => one.action === 'failed');
  const smtputf8 = [envelope.reversePath, ...wanted.map((one) => one.recipient.address)].some(
    // eslint-disable-next-line no-control-regex
    (address) => /[^\u0000-\u007f]/.test(address),
  );
  const bytes = buildDsn({
    messageId,
    hostname: context.hostname,
    nowMs: context.nowMs,
    to: envelope.reversePath,
    recipients: wanted.map(({ recipient, ...rest }) => ({
      ...rest,
      address: recipient.address,
      orcpt: recipient.orcpt,
    })),
    arrivedAtMs: envelope.acceptedAtMs,
    envid: envelope.envid,
    original,
    full:
      failed && returnsFull(envelope, original.length) && original.length === envelope.sizeBytes,
    smtputf8,
  });
  const report = reportEnvelope(envelope, messageId, bytes, smtputf8, context);
  return {
    record: {
      topic: 'accepted',
      key: messageId,
      envelope: report,
      body: { sizeBytes: bytes.length, bytes, ref: undefined },
      cause: causeOf(envelope, wanted),
    },
    event: {
      type: 'accepted',
      messageId,
      tenantId: envelope.tenantId,
      atMs: context.nowMs,
      envelope: report,
      subject: 'Delivery status notification',
    },
  };
}

/** The outcomes that are reported: the same when they are found once more, since that they were was not saved. */
function causeOf({ messageId }: Envelope, reported: readonly NotifiedRecipient[]): string {
  const recipients = reported.map(
    ({ recipient, action }) => `${recipient.number}.${recipient.attempts}.${action}`,
  );
  const digest = createHash('sha256').update(recipients.join(' ')).digest('base64url');
  return `report ${messageId} ${digest}`;
}

function reportEnvelope(
  envelope: Envelope,
  messageId: string,
  bytes: Buffer,
  smtputf8: boolean,
  context: NotifyContext,
): Envelope {
  return {
    formatVersion: ENVELOPE_FORMAT_VERSION,
    messageId,
    tenantId: envelope.tenantId,
    reversePath: '',
    recipients: [
      {
        number: 1,
        address: envelope.reversePath,
        orcpt: '',
        notify: 'NEVER',
        attempts: 0,
        accountId: '',
      },
    ],
    acceptedAtMs: context.nowMs,
    expiresAtMs: context.nowMs + context.expiresMs,
    notBeforeMs: 0,
    bulk: false,
    priority: 1,
    campaign: envelope.campaign,
    tags: [],
    egressPool: envelope.egressPool,
    injection: { listener: 'dsn', peer: '', helo: '', credential: '', protocol: '' },
    ret: '',
    envid: '',
    requireTls: false,
    smtputf8,
    is8bit: bytes.some((octet) => octet > 127),
    sizeBytes: bytes.length,
    route: undefined,
    ...(envelope.traceparent !== undefined && { traceparent: envelope.traceparent }),
  };
}
