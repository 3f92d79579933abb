import { rfc5322Date } from '@staffetta/core';
import type { SmtpReply } from '@staffetta/core';
import { decodeXtext, originalRecipient } from './xtext.ts';

/** RFC 3464 §2.3.3. */
export type DsnAction = 'failed' | 'delayed' | 'delivered' | 'relayed';

/** One recipient that the report tells of. */
export interface ReportedRecipient {
  readonly address: string;
  /** RFC 3461 ORCPT with its type, in xtext as given; empty where absent. */
  readonly orcpt: string;
  readonly action: DsnAction;
  /** RFC 3463 status, like 5.1.1. */
  readonly status: string;
  /** The remote server's reply, where one was given. */
  readonly reply: SmtpReply | undefined;
  /** Why, in words, where no reply says it. */
  readonly reason: string;
  /** For `delayed`: when attempts end, in milliseconds since 1970. */
  readonly willRetryUntilMs?: number;
}

/** What a report is made from. */
export interface DsnInput {
  /** Message id of the report itself. */
  readonly messageId: string;
  /** This relay's host name. */
  readonly hostname: string;
  readonly nowMs: number;
  /** The sender who gets the report. */
  readonly to: string;
  readonly recipients: readonly ReportedRecipient[];
  readonly arrivedAtMs: number;
  /** RFC 3461 ENVID in xtext as given, empty where absent. */
  readonly envid: string;
  /** The start of the original message, at least its header; or all of it. */
  readonly original: Buffer;
  /** `original` is the whole message and goes into the report. */
  readonly full: boolean;
  readonly smtputf8: boolean;
}

const HEADER_BYTES_MAX = 64 * 1024;

/** A delivery status notification (RFC 3464) as the octets of a message. */
export function buildDsn(input: DsnInput): Buffer {
  const boundary = `=_${input.messageId}`;
  const utf8 = input.smtputf8;
  const head = [
    `From: Mail Delivery System <MAILER-DAEMON@${input.hostname}>`,
    `To: <${clean(input.to)}>`,
    `Subject: ${subject(input)}`,
    `Date: ${rfc5322Date(input.nowMs)}`,
    `Message-ID: <${input.messageId}@${input.hostname}>`,
    'Auto-Submitted: auto-replied',
    'MIME-Version: 1.0',
    // RFC 2045 §6.4: what holds parts with 8 bits says so.
    ...(utf8 || isOriginal8Bit(input) ? ['Content-Transfer-Encoding: 8bit'] : []),
    'Content-Type: multipart/report; report-type=delivery-status;',
    `\tboundary="${boundary}"`,
    '',
    'This is a message from the mail system in MIME format.',
    '',
    `--${boundary}`,
    'Content-Type: text/plain; charset=utf-8',
    `Content-Transfer-Encoding: ${utf8 ? '8bit' : '7bit'}`,
    '',
    ...explanation(input),
    '',
    `--${boundary}`,
    `Content-Type: message/${utf8 ? 'global-' : ''}delivery-status`,
    ...(utf8 ? ['Content-Transfer-Encoding: 8bit'] : []),
    '',
    `Reporting-MTA: dns; ${input.hostname}`,
    ...(input.envid ? [`Original-Envelope-Id: ${clean(decodeXtext(input.envid))}`] : []),
    `Arrival-Date: ${rfc5322Date(input.arrivedAtMs)}`,
    '',
    ...input.recipients.flatMap((recipient) => [...recipientFields(recipient, utf8), '']),
    `--${boundary}`,
    ...originalHead(input),
    '',
    '',
  ].join('\r\n');
  const text = utf8 ? head : asciiOnly(head);
  const original = input.full ? input.original : headerOf(input.original);
  return Buffer.concat([
    Buffer.from(text, 'utf8'),
    original,
    Buffer.from(`\r\n--${boundary}--\r\n`, 'ascii'),
  ]);
}

function subject({ recipients }: DsnInput): string {
  const actions = new Set(recipients.map((recipient) => recipient.action));
  if (actions.has('failed')) return 'Undelivered mail returned to sender';
  if (actions.has('delayed')) return 'Delayed mail (still being tried)';
  return 'Successful mail delivery report';
}

const SENTENCES: Readonly<Record<DsnAction, string>> = {
  failed: 'Your message could not be delivered to:',
  delayed: 'Your message has not been delivered yet; it is still being tried:',
  delivered: 'Your message was delivered to:',
  relayed: 'Your message was passed on to a server that sends no further reports:',
};

function explanation({ hostname, recipients }: DsnInput): string[] {
  const lines = [`This is the mail system at host ${hostname}.`];
  for (const action of ['failed', 'delayed', 'delivered', 'relayed'] as const) {
    const some = recipients.filter((recipient) => recipient.action === action);
    if (some.length === 0) continue;
    lines.push('', SENTENCES[action], '');
    for (const recipient of some) lines.push(`<${clean(recipient.address)}>: ${said(recipient)}`);
  }
  return lines.flatMap((line) => fold(line, ' '));
}

function said({ reply, reason, status }: ReportedRecipient): string {
  if (!reply) return clean(reason || status);
  const by = reply.host ? `host ${reply.host} said: ` : '';
  return clean(`${by}${replyLine(reply)} (in reply to ${reply.command})`);
}

function recipientFields(recipient: ReportedRecipient, utf8: boolean): string[] {
  const { reply } = recipient;
  return [
    ...(recipient.orcpt
      ? [`Original-Recipient: ${clean(originalRecipient(recipient.orcpt, utf8))}`]
      : []),
    `Final-Recipient: ${utf8 ? 'utf-8' : 'rfc822'}; ${clean(recipient.address)}`,
    `Action: ${recipient.action}`,
    `Status: ${recipient.status}`,
    ...(reply?.host ? [`Remote-MTA: dns; ${clean(reply.host)}`] : []),
    ...(reply ? [`Diagnostic-Code: smtp; ${clean(replyLine(reply))}`] : []),
    ...(recipient.willRetryUntilMs === undefined
      ? []
      : [`Will-Retry-Until: ${rfc5322Date(recipient.willRetryUntilMs)}`]),
  ].flatMap((line) => fold(line, '\t'));
}

function isOriginal8Bit({ full, smtputf8, original }: DsnInput): boolean {
  return smtputf8 || hasHighOctet(full ? original : headerOf(original));
}

function originalHead(input: DsnInput): string[] {
  const { full, smtputf8 } = input;
  const eightBit = isOriginal8Bit(input);
  const type = full
    ? `message/${smtputf8 ? 'global' : 'rfc822'}`
    : smtputf8
      ? 'message/global-headers'
      : 'text/rfc822-headers';
  return [`Content-Type: ${type}`, ...(eightBit ? ['Content-Transfer-Encoding: 8bit'] : [])];
}

function hasHighOctet(bytes: Buffer): boolean {
  return bytes.some((octet) => octet > 127);
}

/** The header of a message with its final CRLF, cut at a line end where it is very long. */
function headerOf(message: Buffer): Buffer {
  if (message.indexOf('\r\n') === 0) return message.subarray(0, 0);
  const end = message.indexOf('\r\n\r\n');
  if (end !== -1 && end <= HEADER_BYTES_MAX) return message.subarray(0, end + 2);
  const cut = message.subarray(0, HEADER_BYTES_MAX);
  const lastLine = cut.lastIndexOf('\r\n');
  return cut.subarray(0, lastLine === -1 ? 0 : lastLine + 2);
}

function replyLine(reply: SmtpReply): string {
  return [reply.code, reply.enhanced, reply.text].filter(Boolean).join(' ');
}

/** One line without control characters: what a stranger said cannot make fields. */
function clean(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u001f\u007f]+/g, ' ');
}

function asciiOnly(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replace(/[^\u0000-\u007f]/g, '?');
}

/** Lines of so few characters that no server refuses them, in UTF-8 either (998 octets, RFC 5322 §2.1.1). */
const LINE_CHARS_MAX = 240;

function fold(line: string, indent: string): string[] {
  const lines: string[] = [];
  let rest = line;
  while (rest.length > LINE_CHARS_MAX) {
    const at = rest.lastIndexOf(' ', LINE_CHARS_MAX);
    const cut = at > 1 ? at : LINE_CHARS_MAX;
    lines.push(rest.slice(0, cut));
    rest = indent + rest.slice(cut).trimStart();
  }
  return [...lines, rest];
}
