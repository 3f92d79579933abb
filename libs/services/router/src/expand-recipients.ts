import { addressKey, domainKey, splitAddress } from '@staffetta/core';
import type { Directory, DomainEntry, Recipient, SmtpReply } from '@staffetta/core';

/** An alias may lead to aliases, this deep; and one message to this many recipients. */
const ALIAS_DEPTH_MAX = 10;
const RECIPIENTS_MAX = 10_000;

/** Where one recipient of a message goes, or how it ended here. */
export type Destination =
  | { readonly kind: 'local'; readonly recipient: Recipient }
  | {
      readonly kind: 'remote';
      readonly recipient: Recipient;
      readonly domain: string;
      /** The domain's entry where it is a relay domain of ours. */
      readonly relay: DomainEntry | undefined;
    }
  | { readonly kind: 'refused'; readonly recipient: Recipient; readonly reply: SmtpReply }
  /** Its entry ended: the alias's targets go on in its stead. */
  | { readonly kind: 'replaced'; readonly recipient: Recipient }
  /** The same mailbox was named before. */
  | { readonly kind: 'merged'; readonly recipient: Recipient };

/** All destinations of a message, and the recipients that aliases added to it. */
export interface Expansion {
  readonly destinations: readonly Destination[];
  readonly added: readonly Recipient[];
}

/** Finds where each recipient goes: accounts, aliases (to any depth up to ten), relay domains, other servers. */
export async function expandRecipients(
  recipients: readonly Recipient[],
  directory: Directory,
): Promise<Expansion> {
  const destinations: Destination[] = [];
  const added: Recipient[] = [];
  const seen = new Set<string>();
  let nextNumber = Math.max(...recipients.map((recipient) => recipient.number)) + 1;
  const queue = recipients.map((recipient) => ({ recipient, depth: 0 }));
  for (let next = queue.shift(); next; next = queue.shift()) {
    const { recipient, depth } = next;
    const found = await findDestination(recipient, directory);
    if (found.kind !== 'alias') {
      const mailbox = mailboxOf(found);
      if (mailbox !== undefined && seen.has(mailbox)) {
        destinations.push({ kind: 'merged', recipient });
        continue;
      }
      if (mailbox !== undefined) seen.add(mailbox);
      destinations.push(found);
      continue;
    }
    if (depth >= ALIAS_DEPTH_MAX || nextNumber + found.targets.length > RECIPIENTS_MAX) {
      destinations.push(refused(recipient, 554, '5.4.6', 'Too many aliases lead to this address'));
      continue;
    }
    destinations.push({ kind: 'replaced', recipient });
    for (const address of found.targets) {
      const target = { ...recipient, number: nextNumber++, address, attempts: 0 };
      added.push(target);
      queue.push({ recipient: target, depth: depth + 1 });
    }
  }
  return { destinations, added };
}

type Found =
  | Exclude<Destination, { kind: 'replaced' | 'merged' }>
  | { readonly kind: 'alias'; readonly targets: readonly string[] };

async function findDestination(recipient: Recipient, directory: Directory): Promise<Found> {
  const parts = splitAddress(recipient.address);
  const name = parts && domainKey(parts.domain);
  if (!name) return refused(recipient, 550, '5.1.3', 'Not a mailbox address');
  const domain = await directory.domain(name);
  if (domain?.kind !== 'local') return { kind: 'remote', recipient, domain: name, relay: domain };
  const entry = await directory.address(addressKey(recipient.address));
  if (entry.kind === 'alias') return { kind: 'alias', targets: entry.targets };
  if (entry.kind === 'account') {
    return { kind: 'local', recipient: { ...recipient, accountId: entry.accountId } };
  }
  return refused(recipient, 550, '5.1.1', 'No such user here');
}

function mailboxOf(found: Exclude<Found, { kind: 'alias' }>): string | undefined {
  if (found.kind === 'local') return found.recipient.accountId;
  if (found.kind !== 'remote') return undefined;
  // Local parts of others may differ by case: only the same address is the same mailbox.
  return `${splitAddress(found.recipient.address)?.localPart}@${found.domain}`;
}

function refused(
  recipient: Recipient,
  code: number,
  enhanced: string,
  text: string,
): Destination & {
  kind: 'refused';
} {
  return {
    kind: 'refused',
    recipient,
    reply: { code, enhanced, text, host: '', command: 'RCPT TO' },
  };
}
