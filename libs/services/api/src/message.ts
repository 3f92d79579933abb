import { isAscii } from 'node:buffer';
import {
  ENVELOPE_FORMAT_VERSION,
  isDnsName,
  messageAttributes,
  newMessageId,
  rfc5322Date,
} from '@staffetta/core';
import type { AcceptedEvent, Envelope, LogRecord, Span, Tracer } from '@staffetta/core';
import { Refusal } from './api-error.ts';
import { domainOf } from './mail-address.ts';
import type { RecipientRequest } from './read/read-recipients.ts';
import type { Transmission } from './read/read-transmission.ts';
import type { Rendered } from './render/rendered.ts';

const SUBJECT_MAX_CHARACTERS = 200;
/** Of the class, as mail of other doors has it. */
const PRIORITY = 1;

/** A message ready for the log. */
export interface Message {
  readonly record: LogRecord;
  readonly event: AcceptedEvent;
  /** To be ended when it is durable; undefined where it is not sampled. */
  readonly span: Span | undefined;
}

/** What a message is made from beside its recipient. */
export interface MessageContext {
  readonly transmission: Transmission;
  readonly tenantId: string;
  /** The API key that submits it. */
  readonly keyId: string;
  /** The client's IP address. */
  readonly peer: string;
  readonly hostname: string;
  readonly expiresMs: number;
  /** Octets of one message. */
  readonly sizeBytesMax: number;
  readonly nowMs: number;
  readonly tracer: Tracer;
  /** As the request had it. */
  readonly traceparent: string | undefined;
}

/** One recipient's message with the relay's own fields. Throws a Refusal where it is too large. */
export function makeMessage(
  recipient: RecipientRequest,
  rendered: Rendered,
  reversePath: string,
  metadata: string | undefined,
  context: MessageContext,
): Message {
  const messageId = newMessageId(context.nowMs);
  const header = Buffer.from(`${ownFields(messageId, rendered, context)}${rendered.header}\r\n`);
  const bytes = Buffer.concat([header, ...rendered.body]);
  if (bytes.length > context.sizeBytesMax) {
    throw new Refusal('1902', `the message has more than ${context.sizeBytesMax} bytes`);
  }
  const span = context.tracer.accept(messageId, context.nowMs, context.traceparent);
  const envelope: Envelope = {
    ...fixedFields(context),
    messageId,
    reversePath,
    recipients: [
      {
        number: 1,
        address: recipient.address,
        orcpt: '',
        notify: '',
        attempts: 0,
        accountId: '',
      },
    ],
    tags: recipient.tags,
    smtputf8:
      rendered.smtputf8 ||
      !isAscii(Buffer.from(recipient.address)) ||
      !isAscii(Buffer.from(reversePath)),
    is8bit: !isAscii(bytes),
    sizeBytes: bytes.length,
    ...(metadata !== undefined && { metadata }),
    ...(span && { traceparent: span.traceparent }),
  };
  span?.set(messageAttributes(envelope, 'accept'));
  return {
    record: {
      topic: 'accepted',
      key: messageId,
      envelope,
      body: { sizeBytes: bytes.length, bytes, ref: undefined },
    },
    event: {
      type: 'accepted',
      messageId,
      tenantId: context.tenantId,
      atMs: context.nowMs,
      envelope,
      subject: rendered.subject.slice(0, SUBJECT_MAX_CHARACTERS).toWellFormed(),
    },
    span,
  };
}

function ownFields(messageId: string, rendered: Rendered, context: MessageContext): string {
  const { hostname, nowMs } = context;
  const date = rfc5322Date(nowMs);
  const idDomain = isDnsName(hostname) ? hostname : domainOf(rendered.from.address);
  return [
    `Received: by ${hostname} (Staffetta) with HTTP id ${messageId};\r\n\t${date}\r\n`,
    rendered.hasDate ? '' : `Date: ${date}\r\n`,
    rendered.hasMessageId ? '' : `Message-ID: <${messageId}@${idDomain}>\r\n`,
  ].join('');
}

function fixedFields(
  context: MessageContext,
): Omit<
  Envelope,
  'messageId' | 'reversePath' | 'recipients' | 'tags' | 'smtputf8' | 'is8bit' | 'sizeBytes'
> {
  const { transmission, nowMs, expiresMs } = context;
  return {
    formatVersion: ENVELOPE_FORMAT_VERSION,
    tenantId: context.tenantId,
    acceptedAtMs: nowMs,
    // A scheduled message lives as long as any other, counted from when it may first be sent.
    expiresAtMs: Math.max(nowMs, transmission.notBeforeMs) + expiresMs,
    notBeforeMs: transmission.notBeforeMs,
    bulk: transmission.bulk,
    priority: PRIORITY,
    campaign: transmission.campaign,
    egressPool: transmission.egressPool,
    injection: {
      listener: 'api',
      peer: context.peer,
      helo: '',
      credential: context.keyId,
      protocol: 'HTTP',
    },
    ret: '',
    envid: '',
    requireTls: false,
    route: undefined,
  };
}
