import { isAscii } from 'node:buffer';
import { parseContentType } from './seven-bit/content-type.ts';
import type { ContentType } from './seven-bit/content-type.ts';
import { EntityHeader } from './seven-bit/entity-header.ts';
import { splitMultipart } from './seven-bit/multipart.ts';
import type { Multipart } from './seven-bit/multipart.ts';
import { base64Lines, quotedPrintable } from './seven-bit/transfer-encoding.ts';

/** How deep parts may lie within parts, and how many a multipart may have, for a conversion. */
export const DOWNGRADE_DEPTH_MAX = 50;
export const DOWNGRADE_PARTS_MAX = 10_000;

/** A message of ASCII octets only, or why it cannot be made one. */
export type Downgrade =
  | { readonly kind: 'converted'; readonly content: Buffer }
  | { readonly kind: 'impossible'; readonly reason: string };

/** Up to this share of 8-bit octets text stays readable in quoted-printable; above, base64 is much shorter. */
const BASE64_SHARE = 1 / 3;
const CTE = 'content-transfer-encoding';
const PLAIN_TEXT: ContentType = { type: 'text', subtype: 'plain', boundary: undefined };
const DIGEST_PART: ContentType = { type: 'message', subtype: 'rfc822', boundary: undefined };

class Impossible extends Error {}

/**
 * Makes a message fit for a server without 8BITMIME (RFC 6152 §3): each part with 8-bit octets becomes
 * quoted-printable or base64, its text unchanged. Impossible where header fields have 8-bit octets, or where a signature
 * (multipart/signed) or an encoding that is there already would break.
 */
export function toSevenBit(message: Buffer): Downgrade {
  if (isAscii(message)) return { kind: 'converted', content: message };
  try {
    const content = Buffer.concat(entity(message, PLAIN_TEXT, 0));
    return isAscii(content)
      ? { kind: 'converted', content }
      : { kind: 'impossible', reason: 'the content has 8-bit octets outside its parts' };
  } catch (error) {
    if (error instanceof Impossible) return { kind: 'impossible', reason: error.message };
    throw error;
  }
}

/** Whether the header section has octets above 127. */
export function hasEightBitHeader(message: Buffer): boolean {
  return !isAscii(message.subarray(0, new EntityHeader(message).bodyAt));
}

function entity(octets: Buffer, byDefault: ContentType, depth: number): Buffer[] {
  if (depth > DOWNGRADE_DEPTH_MAX) throw new Impossible('the content is nested too deep');
  const header = new EntityHeader(octets);
  if (!isAscii(octets.subarray(0, header.bodyAt)))
    throw new Impossible('header fields have 8-bit octets');
  const body = octets.subarray(header.bodyAt);
  if (isAscii(body))
    return [relabelled(header) ? header.toBuffer() : octets.subarray(0, header.bodyAt), body];
  const given = header.value('content-type');
  const type = given === undefined ? byDefault : (parseContentType(given) ?? PLAIN_TEXT);
  if (depth === 0 && header.value('mime-version') === undefined)
    header.set('mime-version', 'MIME-Version: 1.0');
  const encoding = header.value(CTE)?.toLowerCase() ?? '7bit';
  if (encoding !== '8bit' && encoding !== '7bit' && encoding !== 'binary')
    throw new Impossible(`a part labelled ${encoding.slice(0, 40)} has 8-bit octets`);
  if (type.type === 'multipart') return multipart(header, body, type, depth);
  if (type.type === 'message' && type.subtype !== 'global')
    return enclosed(header, body, type, depth);
  return leaf(header, body, type, given === undefined);
}

function multipart(header: EntityHeader, body: Buffer, type: ContentType, depth: number): Buffer[] {
  if (type.subtype === 'signed') throw new Impossible('a signed part has 8-bit octets');
  const parts =
    type.boundary === undefined || type.boundary === ''
      ? undefined
      : splitMultipart(body, type.boundary, DOWNGRADE_PARTS_MAX);
  if (parts === undefined) throw new Impossible('a multipart with 8-bit octets has no parts');
  relabelled(header);
  return [header.toBuffer(), ...converted(parts, type, depth)];
}

function converted(multi: Multipart, type: ContentType, depth: number): Buffer[] {
  const byDefault = type.subtype === 'digest' ? DIGEST_PART : PLAIN_TEXT;
  // Preamble and epilogue are to be ignored (RFC 2046 §5.1.1), so what cannot pass is left out.
  const result = [isAscii(multi.preamble) ? multi.preamble : Buffer.alloc(0)];
  multi.parts.forEach((part, index) => {
    if (!isAscii(part.delimiter)) throw new Impossible('a boundary has 8-bit octets');
    if (index > 0) result.push(LINE_END);
    result.push(part.delimiter, ...entity(part.content, byDefault, depth + 1));
  });
  if (multi.close.length > 0) result.push(LINE_END, multi.close);
  if (isAscii(multi.epilogue)) result.push(multi.epilogue);
  return result;
}

const LINE_END = Buffer.from('\r\n');

/** A message in a message has no encoding of its own (RFC 2046 §5.2.1): its parts are converted. */
function enclosed(header: EntityHeader, body: Buffer, type: ContentType, depth: number): Buffer[] {
  if (type.subtype !== 'rfc822' && type.subtype !== 'news')
    throw new Impossible(`a message/${type.subtype.slice(0, 40)} part has 8-bit octets`);
  relabelled(header);
  return [header.toBuffer(), ...entity(body, PLAIN_TEXT, depth + 1)];
}

function leaf(header: EntityHeader, body: Buffer, type: ContentType, untyped: boolean): Buffer[] {
  // RFC 1428 §3: the charset that nobody named.
  if (untyped) header.set('content-type', 'Content-Type: text/plain; charset=unknown-8bit');
  const quoted = type.type === 'text' && eightBitShare(body) <= BASE64_SHARE;
  header.set(CTE, `Content-Transfer-Encoding: ${quoted ? 'quoted-printable' : 'base64'}`);
  return [header.toBuffer(), quoted ? quotedPrintable(body) : base64Lines(body)];
}

/** Calls an entity without 8-bit octets 7bit where it said 8bit or binary; tells whether it had to. */
function relabelled(header: EntityHeader): boolean {
  const encoding = header.value(CTE)?.toLowerCase();
  if (encoding !== '8bit' && encoding !== 'binary') return false;
  header.set(CTE, 'Content-Transfer-Encoding: 7bit');
  return true;
}

function eightBitShare(content: Buffer): number {
  let count = 0;
  for (const octet of content) if (octet > 127) count += 1;
  return count / content.length;
}
