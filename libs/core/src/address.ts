import { domainToASCII } from 'node:url';

/** A mailbox address in its two halves. */
export interface AddressParts {
  readonly localPart: string;
  readonly domain: string;
}

/** Splits at the last @; undefined where either half is missing. Quoted local parts keep their quotes. */
export function splitAddress(address: string): AddressParts | undefined {
  const at = address.lastIndexOf('@');
  if (at < 1 || at === address.length - 1) return undefined;
  return { localPart: address.slice(0, at), domain: address.slice(at + 1) };
}

/**
 * The domain by which sites, limits and rules are compared: lower-case A-labels without a final dot. Address
 * literals stay as they are, in lower case. Empty where it is no domain.
 */
export function domainKey(domain: string): string {
  if (domain.startsWith('[')) return domain.toLowerCase();
  const bare = domain.endsWith('.') ? domain.slice(0, -1) : domain;
  if (/^[a-z0-9.-]+$/.test(bare)) return bare;
  return domainToASCII(bare);
}

/**
 * The key by which addresses of our own accounts are compared: local part NFC, lower case and unquoted where the
 * quotes are not needed (RFC 5321 §4.1.2), domain as domainKey.
 */
export function addressKey(address: string): string {
  const parts = splitAddress(address);
  if (!parts) return address.toLowerCase();
  return `${unquote(parts.localPart).normalize('NFC').toLowerCase()}@${domainKey(parts.domain)}`;
}

function unquote(localPart: string): string {
  if (!localPart.startsWith('"') || !localPart.endsWith('"') || localPart.length < 2)
    return localPart;
  const inner = localPart.slice(1, -1).replace(/\\(.)/gs, '$1');
  return /^[^\s"(),:;<>@[\\\]]+$/.test(inner) ? inner : localPart;
}
