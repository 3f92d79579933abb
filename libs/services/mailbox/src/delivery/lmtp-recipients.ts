import { addressKey, domainKey, splitAddress } from '@staffetta/core';
import type { Directory, SmtpRcpt } from '@staffetta/core';

/** A recipient that was accepted, and how it gets its mail. */
export interface LmtpRecipient extends SmtpRcpt {
  readonly tenantId: string;
  /** Whose mailbox; undefined for an alias, which the router follows. */
  readonly accountId: string | undefined;
}

/** Whose mail it is; undefined where the address is not one of ours. Throws as the directory does. */
export async function findRecipient(
  directory: Directory,
  rcpt: SmtpRcpt,
  hostname: string,
): Promise<LmtpRecipient | undefined> {
  // RFC 5321 §4.5.1.
  const address = /^postmaster$/i.test(rcpt.address) ? `${rcpt.address}@${hostname}` : rcpt.address;
  const domain = await directory.domain(domainKey(splitAddress(address)?.domain ?? ''));
  if (domain?.kind !== 'local') return undefined;
  const { tenantId } = domain;
  const entry = await directory.address(addressKey(address));
  if (entry.kind === 'unknown') return undefined;
  const accountId = entry.kind === 'account' ? entry.accountId : undefined;
  return { ...rcpt, address, tenantId, accountId };
}
