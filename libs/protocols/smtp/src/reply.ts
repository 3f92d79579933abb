import type { SmtpReply } from '@staffetta/core';
import { enhancedCodeAtStart } from './enhanced-code.ts';

/** What is kept of a reply's text, in characters. */
export const REPLY_TEXT_MAX_CHARS = 1_000;

/** A reply as it stood on the wire: the code of its last line, and the text of each line after the code. */
export interface ParsedReply {
  readonly code: number;
  readonly lines: readonly string[];
}

/** 2xx: done. */
export function isPositive(code: number): boolean {
  return code >= 200 && code < 300;
}

/** 4xx: the same may succeed later. */
export function isTransient(code: number): boolean {
  return code >= 400 && code < 500;
}

/** 5xx: the same will not succeed. */
export function isPermanent(code: number): boolean {
  return code >= 500 && code < 600;
}

/** The reply as events, traces and DSNs carry it: enhanced code apart, lines joined, controls taken out, bounded. */
export function toSmtpReply(parsed: ParsedReply, host: string, command: string): SmtpReply {
  const { code, lines } = parsed;
  const enhanced = enhancedCodeAtStart(lines[0] ?? '', code);
  const text = printable(joined(lines, enhanced)).slice(0, REPLY_TEXT_MAX_CHARS);
  return enhanced === undefined
    ? { code, text, host, command }
    : { code, enhanced, text, host, command };
}

/** The reply that this relay gives in the server's stead; its host is empty. */
export function ownReply(code: number, enhanced: string, text: string, command: string): SmtpReply {
  return { code, enhanced, text, host: '', command };
}

/** `550 5.1.1 text`, as DSNs and logs show it. */
export function formatReply(reply: SmtpReply): string {
  const enhanced = reply.enhanced === undefined ? '' : `${reply.enhanced} `;
  return `${reply.code} ${enhanced}${reply.text}`.trimEnd();
}

function joined(lines: readonly string[], enhanced: string | undefined): string {
  if (enhanced === undefined) return lines.length === 1 ? lines[0]! : lines.join(' ');
  const bare = (line: string) =>
    line.startsWith(enhanced) ? line.slice(enhanced.length).trimStart() : line;
  return lines.length === 1 ? bare(lines[0]!) : lines.map(bare).join(' ');
}

function printable(text: string): string {
  const octets = /[\x80-\xff]/.test(text) ? Buffer.from(text, 'latin1').toString('utf8') : text;
  // oxlint-disable-next-line no-control-regex
  return octets.replace(/[\x00-\x1f\x7f-\x9f]+/g, ' ').trim();
}
