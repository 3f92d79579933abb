import { isAscii } from 'node:buffer';
import type { MimeComposer, MimeMailbox } from '@staffetta/core';
import {
  analyze,
  decodeHeaderText,
  decodeTransferEncoding,
  headerFields,
  parameter,
  unfold,
} from '@staffetta/mime';
import type { HeaderField, MimePart } from '@staffetta/mime';
import { Refusal } from '../api-error.ts';
import { readMailbox } from '../mail-address.ts';
import { hasControls } from '../read/fields.ts';
import type { Scope } from '../template/expression.ts';
import type { Compile } from './compile.ts';
import { withCrlf } from './line-ends.ts';
import { setSender } from './scope.ts';
import type { Render } from './rendered.ts';

/** Fields that are not sent: who else gets it, and what other servers write. */
const DROPPED = new Set(['bcc', 'return-path', 'x-staffetta-class']);

interface RawField {
  readonly name: string;
  /** As text, unfolded. */
  readonly value: (scope: Scope) => string;
  /** With its CRLF. */
  readonly field: (scope: Scope) => string;
}

type Segment = Buffer | ((scope: Scope) => Buffer);

/**
 * A message that came whole. As with SparkPost, expressions count in its header, in its first text/plain part and
 * in its first text/html part.
 */
export function renderRaw(message: string, compile: Compile, composer: MimeComposer): Render {
  const octets = withCrlf(Buffer.from(message));
  if (octets.includes(0)) throw new Refusal('3020', 'content.email_rfc822 has NUL characters');
  const { root } = analyze(octets);
  const fields = readFields(octets, root.bodyStart, compile, composer);
  const froms = fields.filter(({ name }) => name === 'from');
  const from = froms[0];
  if (from === undefined || froms.length > 1) {
    throw new Refusal('3020', 'content.email_rfc822 must have exactly one From field');
  }
  const subject = fields.find(({ name }) => name === 'subject');
  const has = (name: string): boolean => fields.some((field) => field.name === name);
  const shape = { hasDate: has('date'), hasMessageId: has('message-id'), smtputf8: false };
  const body = cutBody(octets, root, compile, composer);
  return (_recipient, scope) => {
    const sender = senderOf(from.value(scope));
    setSender(scope, sender.address);
    return {
      ...shape,
      from: sender,
      subject: decodeHeaderText(latin1(subject?.value(scope) ?? '')),
      header: fields.map(({ field }) => field(scope)).join(''),
      body: body.map((segment) => (Buffer.isBuffer(segment) ? segment : segment(scope))),
    };
  };
}

function senderOf(from: string): MimeMailbox {
  const mailbox = readMailbox(from);
  if (mailbox === undefined) throw new Refusal('7001', 'No sending domain specified');
  return mailbox;
}

function readFields(
  octets: Buffer,
  bodyStart: number,
  compile: Compile,
  composer: MimeComposer,
): RawField[] {
  const header = octets.toString('latin1', 0, bodyStart);
  return headerFields(header)
    .filter(({ name }) => !DROPPED.has(name))
    .map((field) => readField(header, field, compile, composer));
}

function readField(
  header: string,
  field: HeaderField,
  compile: Compile,
  composer: MimeComposer,
): RawField {
  const name = header.slice(field.start, field.valueStart - 1).trimEnd();
  const template = compile(utf8(unfold(header, field)), `Header:${name}`);
  const { constant } = template;
  if (constant !== undefined) {
    const slice = utf8(header.slice(field.start, field.end));
    const whole = slice.endsWith('\r\n') ? slice : `${slice}\r\n`;
    return { name: field.name, value: () => constant, field: () => whole };
  }
  const value = (scope: Scope): string => {
    const text = template.render(scope);
    if (!hasControls(text)) return text;
    throw new Refusal('3002', `header ${name} has control characters after substitution`);
  };
  return { name: field.name, value, field: (scope) => composer.headerField(name, value(scope)) };
}

function cutBody(
  octets: Buffer,
  root: MimePart,
  compile: Compile,
  composer: MimeComposer,
): Segment[] {
  const segments: Segment[] = [];
  let from = root.bodyStart;
  for (const part of firstTexts(root)) {
    const render = renderPart(octets, part, compile, composer);
    if (render === undefined) continue;
    segments.push(octets.subarray(from, part.bodyStart), render);
    from = part.end;
  }
  segments.push(octets.subarray(from));
  return segments;
}

/** The first text/plain and the first text/html part that is no attachment, in the order of the message. */
function firstTexts(root: MimePart): MimePart[] {
  const found = new Map<string, MimePart>();
  const walk = (part: MimePart): void => {
    for (const inner of part.parts ?? []) walk(inner);
    if (part.type !== 'text' || part.disposition?.value === 'attachment') return;
    if (part.subtype !== 'plain' && part.subtype !== 'html') return;
    if (!found.has(part.subtype)) found.set(part.subtype, part);
  };
  walk(root);
  return [...found.values()].toSorted((a, b) => a.bodyStart - b.bodyStart);
}

/** Undefined where nothing is substituted: the part is left as it came, to the octet. */
function renderPart(
  octets: Buffer,
  part: MimePart,
  compile: Compile,
  composer: MimeComposer,
): ((scope: Scope) => Buffer) | undefined {
  const decoded = decodeTransferEncoding(octets.subarray(part.bodyStart, part.end), part.encoding);
  if (!decoded.includes('{{')) return undefined;
  const name = part.subtype === 'html' ? 'html' : 'text';
  const template = compile(decoded.toString(), name);
  if (template.constant !== undefined) return undefined;
  const charset = (parameter(part.params, 'charset') ?? 'us-ascii').toLowerCase();
  if (charset !== 'utf-8' && charset !== 'us-ascii') {
    throw new Refusal('3020', `substitution in part ${name} needs the charset utf-8`);
  }
  const asciiOnly = charset === 'us-ascii' || part.encoding === '7bit';
  return (scope) => {
    const text = template.render(scope);
    if (asciiOnly && !isAscii(Buffer.from(text))) {
      throw new Refusal('3001', `part ${name} is declared as 7bit or us-ascii, the text is not`);
    }
    return encodePart(text, part.encoding, composer);
  };
}

function encodePart(text: string, encoding: string, composer: MimeComposer): Buffer {
  if (encoding === 'quoted-printable') return composer.encodeText(text);
  if (encoding !== 'base64') return withCrlf(Buffer.from(text));
  const base64 = Buffer.from(text).toString('base64');
  return Buffer.from(base64.match(/.{1,76}/g)?.join('\r\n') ?? '');
}

function utf8(latin1Text: string): string {
  return Buffer.from(latin1Text, 'latin1').toString();
}

function latin1(text: string): string {
  return Buffer.from(text).toString('latin1');
}
