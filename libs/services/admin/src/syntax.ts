import { isIP } from 'node:net';
import { domainKey, isDnsName, splitAddress } from '@staffetta/core';

const ADDRESS_BYTES_MAX = 254;
const LOCAL_PART_BYTES_MAX = 64;
const PASSWORD_LENGTH_MAX = 1_024;
const PORT_MAX = 65_535;
const TENANT = /^[a-z0-9][a-z0-9._-]{0,62}$/;
const NAME = /^[A-Za-z0-9][A-Za-z0-9._+-]{0,62}$/;
const LABEL = /^[\p{L}\p{N}][\p{L}\p{N} ._+:@/-]{0,99}$/u;
/** RFC 5321 §4.1.2 Dot-string and Quoted-string, with the characters of RFC 6531 §3.3. */
const ATOM = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~\\u0080-\\u{10FFFF}-]+";
const DOT_STRING = new RegExp(`^${ATOM}(?:\\.${ATOM})*$`, 'u');
const QUOTED_STRING = /^"(?:[\x20\x21\x23-\x5b\x5d-\x7e\u0080-\u{10FFFF}]|\\[\x20-\x7e])*"$/u;

/** Tenants: lower-case letters, digits, `.`, `_`, `-`. */
export function isTenantName(name: string): boolean {
  return TENANT.test(name);
}

/** Operators and credentials: letters, digits, `.`, `_`, `+`, `-`; no @, so that it is no address. */
export function isName(name: string): boolean {
  return NAME.test(name);
}

/** API keys: any words on one line. */
export function isLabel(name: string): boolean {
  return LABEL.test(name);
}

/** No rule on its strength: 1 to 1,024 characters without NUL. */
export function isPassword(password: string): boolean {
  return password.length > 0 && password.length <= PASSWORD_LENGTH_MAX && !password.includes('\0');
}

/** The domain as lower-case A-label; undefined where it is no domain name. */
export function parseDomain(text: string): string | undefined {
  const name = domainKey(text);
  return isDnsName(name) && isIP(name) === 0 ? name : undefined;
}

/** Whether it is a mailbox of a domain name (RFC 5321 §4.1.2, RFC 6531). */
export function isAddress(text: string): boolean {
  const parts = splitAddress(text);
  if (!parts || Buffer.byteLength(text) > ADDRESS_BYTES_MAX) return false;
  if (Buffer.byteLength(parts.localPart) > LOCAL_PART_BYTES_MAX) return false;
  if (parseDomain(parts.domain) === undefined) return false;
  return DOT_STRING.test(parts.localPart) || QUOTED_STRING.test(parts.localPart);
}

/** `HOST[:PORT]`, `[v6][:PORT]` as `host:port`, with the default where the port is missing. */
export function parseNextHop(text: string, defaultPort: number): string | undefined {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text);
  const bare = isIP(text) === 6 ? text : undefined;
  const v6 = bare ?? match?.[1];
  const port = bare || match?.[3] === undefined ? defaultPort : Number(match[3]);
  if (port < 1 || port > PORT_MAX) return undefined;
  if (v6 !== undefined) return isIP(v6) === 6 ? `[${v6.toLowerCase()}]:${port}` : undefined;
  const host = match?.[2] ?? '';
  if (isIP(host) === 4) return `${host}:${port}`;
  const name = domainKey(host);
  return isDnsName(name) ? `${name}:${port}` : undefined;
}
