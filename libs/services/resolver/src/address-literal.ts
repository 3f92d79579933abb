import { isIPv4, isIPv6 } from 'node:net';
import type { MxAddress } from '@staffetta/core';

/** The address of a literal `[192.0.2.1]` or `[IPv6:2001:db8::1]` (RFC 5321 §4.1.3); undefined where it is none. */
export function parseAddressLiteral(domain: string): MxAddress | undefined {
  const inner = /^\[([^\]]*)\]$/.exec(domain)?.[1];
  if (inner === undefined) return undefined;
  if (isIPv4(inner)) return { address: inner, family: 4 };
  const v6 = /^ipv6:([0-9a-f:.]+)$/i.exec(inner)?.[1];
  return v6 !== undefined && isIPv6(v6) ? { address: canonicalIPv6(v6), family: 6 } : undefined;
}

/** RFC 5952, so that one server has one name. */
function canonicalIPv6(address: string): string {
  return new URL(`http://[${address}]`).hostname.slice(1, -1);
}
