import { addressKey, domainKey, splitAddress } from '@staffetta/core';
import type { Directory, SmtpAnswer, Submitter } from '@staffetta/core';
import { ANSWERS } from './answers.ts';

/** Who submits: an account, a credential, or a peer of the relay networks. */
export type MailSubmitter =
  Submitter | { readonly kind: 'network'; readonly tenantId: string; readonly bulk: false };

/**
 * Undefined where the submitter may use the reverse-path, else the answer. Everybody may use the null reverse-path:
 * accounts send read receipts with it (RFC 8098 §3). Throws as the directory does.
 */
export async function judgeSender(
  directory: Directory,
  submitter: MailSubmitter,
  reversePath: string,
): Promise<SmtpAnswer | undefined> {
  if (reversePath === '') return undefined;
  if (submitter.kind === 'account') {
    const own = submitter.sendsAs.includes(addressKey(reversePath));
    return own ? undefined : ANSWERS.notYourAddress;
  }
  const domain = domainKey(splitAddress(reversePath)?.domain ?? '');
  if (domain === '') return ANSWERS.badSenderDomain;
  const own = await directory.sendingDomain(submitter.tenantId, domain);
  return own ? undefined : ANSWERS.notYourDomain;
}

/** The name under which events keep the submitter; empty for networks. */
export function submitterName(submitter: MailSubmitter | undefined): string {
  if (submitter?.kind === 'account') return submitter.address;
  return submitter?.kind === 'credential' ? submitter.name : '';
}
