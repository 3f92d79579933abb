import type { MimeAttachment } from '@staffetta/core';
import { Refusal } from '../api-error.ts';
import {
  checkPlain,
  checkText,
  fieldOf,
  isObject,
  optionalObject,
  optionalText,
  requiredText,
} from './fields.ts';
import type { Fields } from './fields.ts';
import { readAttachments } from './read-attachments.ts';

/** Texts are bounded by the size of the request; this bounds one of them. */
const TEXT_MAX_BYTES = 32 * 1_024 * 1_024;
/** A header value, and all of them; a Cc field may name very many. */
const HEADER_VALUE_MAX_BYTES = 256 * 1_024;
const HEADERS_MAX = 200;

/** Content given in parts; each text is still a template. */
export interface InlineContent {
  readonly kind: 'inline';
  readonly from: { readonly name: string; readonly email: string };
  readonly subject: string;
  readonly replyTo: string | undefined;
  readonly text: string | undefined;
  readonly html: string | undefined;
  readonly ampHtml: string | undefined;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly attachments: readonly MimeAttachment[];
}

/** A whole message, still a template. */
export interface RawContent {
  readonly kind: 'rfc822';
  readonly message: string;
}

export type Content = InlineContent | RawContent;

/** Fields that are made from the rest of the request, or by the relay. */
const NOT_GIVEN = new Set([
  ...['from', 'to', 'bcc', 'subject', 'reply-to', 'sender', 'mime-version'],
  ...['received', 'return-path', 'delivered-to', 'x-staffetta-class'],
]);

/** Reads `content`. Throws a Refusal. */
export function readContent(content: Fields): Content {
  refuseStored(content);
  const message = optionalText(content, 'email_rfc822', 'content.email_rfc822', TEXT_MAX_BYTES);
  if (message !== undefined) return { kind: 'rfc822', message };
  const text = optionalText(content, 'text', 'content.text', TEXT_MAX_BYTES) || undefined;
  const html = optionalText(content, 'html', 'content.html', TEXT_MAX_BYTES) || undefined;
  const ampHtml = optionalText(content, 'amp_html', 'content.amp_html', TEXT_MAX_BYTES);
  const from = readFrom(content);
  const subject = requiredText(content, 'subject', 'content.subject', HEADER_VALUE_MAX_BYTES);
  if (text === undefined && html === undefined) {
    throw new Refusal('1400', 'at least one of content.text and content.html is required');
  }
  const replyTo = optionalText(content, 'reply_to', 'content.reply_to', HEADER_VALUE_MAX_BYTES);
  return {
    kind: 'inline',
    from,
    subject: checkPlain(subject, 'content.subject'),
    replyTo: replyTo === '' ? undefined : replyTo && checkPlain(replyTo, 'content.reply_to'),
    text,
    html,
    ampHtml: ampHtml === '' ? undefined : ampHtml,
    headers: readHeaders(content),
    attachments: readAttachments(content),
  };
}

/** Nothing is stored yet, so no stored thing can be found. */
function refuseStored(content: Fields): void {
  const template = optionalText(content, 'template_id', 'content.template_id', 64);
  if (template !== undefined) throw new Refusal('1600', `template '${template}' does not exist`);
  const test = optionalText(content, 'ab_test_id', 'content.ab_test_id', 64);
  if (test !== undefined) throw new Refusal('1600', `A/B test '${test}' does not exist`);
}

function readFrom(content: Fields): { name: string; email: string } {
  const from = fieldOf(content, 'from');
  const fields = isObject(from) ? from : { email: from };
  const path = isObject(from) ? 'content.from.email' : 'content.from';
  const email = requiredText(fields, 'email', path, 1_024);
  const name = optionalText(fields, 'name', 'content.from.name', 1_024) ?? '';
  return { name: checkPlain(name, 'content.from.name'), email: checkPlain(email, path) };
}

function readHeaders(content: Fields): [string, string][] {
  const headers = optionalObject(content, 'headers', 'content.headers') ?? {};
  const entries = Object.entries(headers);
  if (entries.length > HEADERS_MAX) {
    throw new Refusal('3002', `content.headers may have at most ${HEADERS_MAX} fields`);
  }
  const found: [string, string][] = [];
  for (const [name, value] of entries) {
    if (value === null) continue;
    if (!/^[!-9;-~]{1,76}$/.test(name)) throw new Refusal('3002', 'a header name is not valid');
    const path = `content.headers.${name}`;
    if (NOT_GIVEN.has(name.toLowerCase()) || /^content-/i.test(name)) {
      throw new Refusal('3002', `${path} cannot be set`);
    }
    const text = typeof value === 'number' ? String(value) : value;
    found.push([name, checkPlain(checkText(text, path, HEADER_VALUE_MAX_BYTES), path)]);
  }
  return found;
}
