import { isAscii } from 'node:buffer';
import type { SmtpAnswer, SmtpContent } from '@staffetta/core';
import { ANSWERS } from './answers.ts';
import { hasBareLineEnd, repairLineEnds } from './line-ends.ts';
import { scanHeader } from './scan-header.ts';
import type { HeaderScan } from './scan-header.ts';

/** RFC 5321 §6.3. */
export const RECEIVED_FIELDS_MAX = 100;
/** Fields beyond this many octets are not looked at. */
const HEADER_MAX_BYTES = 1024 * 1024;

/** Content that may be accepted. */
export interface ReadContent {
  readonly header: HeaderScan;
  /** Octets in order, without the fields that were taken off. */
  readonly pieces: readonly Buffer[];
  readonly is8bit: boolean;
  readonly headerIs8bit: boolean;
}

export interface ContentRules {
  /** Bare CR and LF: refused, or made CR LF. */
  readonly bareLineEnds: 'refuse' | 'repair';
  /** X-Staffetta-Class is taken off. */
  readonly takesClass: boolean;
}

/** Judges a received message and takes off what is not to be passed on, or gives the answer that refuses it. */
export function readContent(content: SmtpContent, rules: ContentRules): ReadContent | SmtpAnswer {
  let chunks = content.chunks;
  if (chunks.some((chunk) => chunk.includes(0))) return ANSWERS.nul;
  const whole = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
  if (hasBareLineEnd(whole)) {
    if (rules.bareLineEnds === 'refuse') return ANSWERS.bareLineEnd;
    chunks = [repairLineEnds(whole)];
  } else {
    chunks = [whole];
  }
  const bytes = chunks[0]!;
  const headerBytes = headerLength(bytes);
  const header = scanHeader(bytes.toString('latin1', 0, headerBytes));
  if (header.receivedFields >= RECEIVED_FIELDS_MAX) return ANSWERS.loop;
  return {
    header,
    pieces: rules.takesClass ? without(bytes, header.classFields) : chunks,
    is8bit: !isAscii(bytes),
    headerIs8bit: !isAscii(bytes.subarray(0, headerBytes)),
  };
}

/** Up to and with the line end of the last field. */
function headerLength(bytes: Buffer): number {
  if (bytes[0] === 0x0d) return 0;
  const end = bytes.indexOf('\r\n\r\n', 0, 'latin1');
  return Math.min(end === -1 ? bytes.length : end + 2, HEADER_MAX_BYTES);
}

function without(
  bytes: Buffer,
  ranges: readonly { readonly from: number; readonly to: number }[],
): Buffer[] {
  const pieces: Buffer[] = [];
  let at = 0;
  for (const { from, to } of ranges) {
    if (from > at) pieces.push(bytes.subarray(at, from));
    at = to;
  }
  pieces.push(bytes.subarray(at));
  return pieces;
}
