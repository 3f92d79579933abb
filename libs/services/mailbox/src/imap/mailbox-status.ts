import type { Mailbox, MailStore } from '@staffetta/core';
import { formatMailbox } from '@staffetta/imap';
import type { StatusItem } from '@staffetta/imap';

const RECENT_ROWS_MAX = 1_000;

/** A STATUS response (RFC 3501 §7.2.4). */
export async function formatStatus(
  store: MailStore,
  mailbox: Mailbox,
  items: readonly StatusItem[],
): Promise<string> {
  const values: string[] = [];
  for (const item of items) values.push(`${item} ${await valueOf(store, mailbox, item)}`);
  return `STATUS ${formatMailbox(mailbox.name)} (${values.join(' ')})`;
}

async function valueOf(store: MailStore, mailbox: Mailbox, item: StatusItem): Promise<number> {
  switch (item) {
    case 'MESSAGES':
      return mailbox.messages;
    case 'RECENT':
      return countRecent(store, mailbox);
    case 'UIDNEXT':
      return mailbox.uidNext;
    case 'UIDVALIDITY':
      return mailbox.uidValidity;
    case 'UNSEEN':
      return mailbox.unseen;
  }
}

async function countRecent(store: MailStore, mailbox: Mailbox): Promise<number> {
  let count = 0;
  for (let first = mailbox.recentFromUid; first < mailbox.uidNext;) {
    const ranges = [{ first, last: mailbox.uidNext - 1 }];
    const rows = await store.fetch(mailbox, ranges, {}, RECENT_ROWS_MAX);
    count += rows.length;
    const last = rows.at(-1);
    if (last === undefined) break;
    first = last.uid + 1;
  }
  return count;
}
