import { HIERARCHY_SEPARATOR } from '@staffetta/core';
import type { Mailbox, MailStore } from '@staffetta/core';
import { formatMailbox, formatQuoted } from '@staffetta/imap';

/** A name that LIST can show: a mailbox, a level above one, or a subscription without a mailbox. */
export interface ListedName {
  readonly name: string;
  readonly mailbox: Mailbox | undefined;
  readonly subscribed: boolean;
  hasChildren: boolean;
  /** A name below it is subscribed to. */
  hasSubscribedChildren: boolean;
}

/** All names of an account, sorted. */
export async function listNames(store: MailStore, accountId: string): Promise<ListedName[]> {
  const mailboxes = await store.listMailboxes(accountId);
  const subscriptions = new Set(await store.listSubscriptions(accountId));
  const byName = new Map<string, ListedName>();
  const add = (name: string, mailbox: Mailbox | undefined): ListedName => {
    const known = byName.get(name);
    if (known !== undefined) return known;
    const subscribed = subscriptions.has(name);
    const children = { hasChildren: false, hasSubscribedChildren: false };
    const listed = { name, mailbox, subscribed, ...children };
    byName.set(name, listed);
    return listed;
  };
  for (const mailbox of mailboxes) add(mailbox.name, mailbox);
  for (const name of subscriptions) add(name, undefined);
  for (const listed of [...byName.values()]) {
    for (const name of superiors(listed.name)) {
      const above = add(name, undefined);
      above.hasChildren ||= listed.mailbox !== undefined;
      above.hasSubscribedChildren ||= listed.subscribed;
    }
  }
  return [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function superiors(name: string): string[] {
  const levels = name.split(HIERARCHY_SEPARATOR);
  return levels.slice(1).map((_, i) => levels.slice(0, i + 1).join(HIERARCHY_SEPARATOR));
}

/** A LIST or LSUB response. */
export function formatListed(
  response: 'LIST' | 'LSUB',
  attributes: readonly string[],
  name: string,
  extension = '',
): string {
  const separator = formatQuoted(HIERARCHY_SEPARATOR);
  const shown = name === '' ? '""' : formatMailbox(name);
  return `${response} (${attributes.join(' ')}) ${separator} ${shown}${extension}`;
}
