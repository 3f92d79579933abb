import { addressKey, domainKey, splitAddress } from '@staffetta/core';
import type { Directory, DomainEntry, SmtpAnswer } from '@staffetta/core';
import { ANSWERS } from './answers.ts';

/** Where a recipient lives. */
export type RecipientPlace =
  | { readonly kind: 'ours'; readonly domain: DomainEntry; readonly address: string }
  | { readonly kind: 'elsewhere'; readonly address: string }
  | { readonly kind: 'refused'; readonly answer: SmtpAnswer };

/** Finds whether a recipient is one of ours; an unknown one of a local domain is refused. Throws as the directory does. */
export async function placeRecipient(
  directory: Directory,
  address: string,
  hostname: string,
): Promise<RecipientPlace> {
  const parts = splitAddress(address);
  if (!parts) return placePostmaster(directory, address, hostname);
  const key = domainKey(parts.domain);
  if (key === '') return { kind: 'refused', answer: ANSWERS.badRecipientDomain };
  const domain = await directory.domain(key);
  if (!domain) return { kind: 'elsewhere', address };
  if (domain.kind === 'local') {
    const entry = await directory.address(addressKey(address));
    if (entry.kind === 'unknown') return { kind: 'refused', answer: ANSWERS.unknownRecipient };
  }
  return { kind: 'ours', domain, address };
}

/** RFC 5321 §4.5.1: `<postmaster>` without a domain is that of this host, or of the domain it belongs to. */
async function placePostmaster(
  directory: Directory,
  localPart: string,
  hostname: string,
): Promise<RecipientPlace> {
  for (const name of [hostname, hostname.slice(hostname.indexOf('.') + 1)]) {
    const domain = await directory.domain(domainKey(name));
    if (!domain) continue;
    const address = `${localPart}@${name}`;
    if (domain.kind === 'relay') return { kind: 'ours', domain, address };
    const entry = await directory.address(addressKey(address));
    if (entry.kind !== 'unknown') return { kind: 'ours', domain, address };
  }
  return { kind: 'refused', answer: ANSWERS.unknownRecipient };
}
