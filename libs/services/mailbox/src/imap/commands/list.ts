import { setImmediate } from 'node:timers/promises';
import { HIERARCHY_SEPARATOR } from '@staffetta/core';
import { canonicalName, matchesPattern, readListArguments } from '@staffetta/imap';
import type { ListArguments } from '@staffetta/imap';
import { ok } from '../command.ts';
import type { Command } from '../command.ts';
import type { UserState } from '../imap-state.ts';
import { formatListed, listNames } from '../mailbox-list.ts';
import type { ListedName } from '../mailbox-list.ts';
import { formatStatus } from '../mailbox-status.ts';

/** Names compared before others have their turn. */
const NAMES_AT_ONCE = 250;

/** LIST (RFC 3501 §6.3.8, RFC 5258, 5819, 6154). */
export const list: Command = {
  needs: 'user',
  sync: 'all',
  async run(state, reader) {
    const asked = readListArguments(reader);
    if (!asked.extended && asked.patterns[0] === '') {
      state.untagged(formatListed('LIST', ['\\Noselect'], ''));
      return ok('Done');
    }
    const patterns = asked.patterns
      .filter((pattern) => pattern !== '')
      .map((pattern) => canonicalName(asked.reference + pattern));
    const names = await listNames(state.options.store, state.accountId);
    for (const [i, listed] of names.entries()) {
      if (i % NAMES_AT_ONCE === NAMES_AT_ONCE - 1) await setImmediate();
      const matches = patterns.some((pattern) =>
        matchesPattern(listed.name, pattern, HIERARCHY_SEPARATOR),
      );
      if (matches) await tell(state, asked, listed);
    }
    return ok('Done');
  },
};

async function tell(state: UserState, asked: ListArguments, listed: ListedName): Promise<void> {
  const { mailbox } = listed;
  const { select } = asked;
  const childInfo = select.recursiveMatch && listed.hasSubscribedChildren;
  if (select.subscribed && !listed.subscribed && !childInfo) return;
  if (select.specialUse && mailbox?.specialUse === undefined) return;
  const isLevel = mailbox !== undefined || listed.hasChildren;
  if (!select.subscribed && !isLevel) return;
  const extension = childInfo ? ' ("CHILDINFO" ("SUBSCRIBED"))' : '';
  state.untagged(formatListed('LIST', attributesOf(asked, listed), listed.name, extension));
  if (mailbox !== undefined && asked.give.status.length > 0) {
    state.untagged(await formatStatus(state.options.store, mailbox, asked.give.status));
    await state.client.drained();
  }
}

function attributesOf(asked: ListArguments, listed: ListedName): string[] {
  const attributes = [listed.hasChildren ? '\\HasChildren' : '\\HasNoChildren'];
  if (listed.mailbox === undefined) {
    attributes.push(asked.extended ? '\\NonExistent' : '\\Noselect');
  }
  if (asked.give.subscribed && listed.subscribed) attributes.push('\\Subscribed');
  const use = listed.mailbox?.specialUse;
  return use === undefined ? attributes : [...attributes, use];
}
