import { isIP } from 'node:net';

/** RFC 5321 §4.5.3.1.3, without the brackets. */
const PATH_MAX_BYTES = 254;
/** The common case in one look: `<local@domain>` of printable octets. */
const PLAIN = /^<([^\s"(),:;<>@[\\\]]+@[^\s"(),:;<>@[\\\]]+)>(?: +(\S.*))?\s*$/;
const LOCAL_PART = /^[^\s"(),:;<>@[\\\]]+$/;
const QUOTED_LOCAL_PART = /^"(?:[^"\\]|\\.)*"$/;
const DOMAIN =
  /^[\p{L}\p{N}\p{M}_](?:[\p{L}\p{N}\p{M}_\u200c\u200d-]*)(?:\.[\p{L}\p{N}\p{M}_][\p{L}\p{N}\p{M}_\u200c\u200d-]*)*$/u;
/** Controls, invisible formatting characters, and what was no UTF-8: they only ever deceive. */
const UNSAFE = /[\0-\x1f\x7f-\x9f\u200b\u2028\u2029\u2060\ufeff\ufffd]/;

/** A path of MAIL or RCPT and the parameters behind it. */
export interface ParsedPath {
  /** Without brackets and source route; empty for `<>`. */
  readonly address: string;
  readonly parameters: string;
}

/** Parses `<path> parameters` (RFC 5321 §4.1.2, a source route is dropped); undefined where the path is none. */
export function parsePath(text: string): ParsedPath | undefined {
  const plain = PLAIN.exec(text);
  if (plain) {
    const address = plain[1]!;
    return isAddress(address) ? { address, parameters: plain[2] ?? '' } : undefined;
  }
  const end = pathEnd(text);
  if (end === undefined || !/^(?:\s|$)/.test(text.slice(end + 1))) return undefined;
  const address = text.slice(1, end).replace(/^@[^\s,:@]+(?:,@[^\s,:@]+)*:/, '');
  const isBare = address === '' || address.toLowerCase() === 'postmaster';
  if (!isBare && !isAddress(address)) return undefined;
  return { address, parameters: text.slice(end + 1).trim() };
}

/** Index of the closing bracket, behind a local part that may be quoted. */
function pathEnd(text: string): number | undefined {
  if (text[0] !== '<') return undefined;
  let quoted = false;
  for (let i = 1; i < text.length; i += 1) {
    const char = text[i];
    if (quoted && char === '\\') i += 1;
    else if (char === '"') quoted = !quoted;
    else if (char === '>' && !quoted) return i;
  }
  return undefined;
}

function isAddress(address: string): boolean {
  const at = address.lastIndexOf('@');
  if (at < 1 || UNSAFE.test(address) || Buffer.byteLength(address) > PATH_MAX_BYTES) return false;
  const localPart = address.slice(0, at);
  if (!LOCAL_PART.test(localPart) && !QUOTED_LOCAL_PART.test(localPart)) return false;
  return isDomain(address.slice(at + 1));
}

function isDomain(domain: string): boolean {
  if (!domain.startsWith('[')) return DOMAIN.test(domain);
  const literal = /^\[(?:IPv6:([0-9a-f:.]+)|([0-9.]+))\]$/i.exec(domain);
  if (!literal) return false;
  return literal[1] ? isIP(literal[1]) === 6 : isIP(literal[2]!) === 4;
}
