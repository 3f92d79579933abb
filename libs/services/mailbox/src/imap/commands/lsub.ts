import { HIERARCHY_SEPARATOR } from '@staffetta/core';
import { canonicalName, matchesPattern } from '@staffetta/imap';
import { ok } from '../command.ts';
import type { Command } from '../command.ts';
import { formatListed, listNames } from '../mailbox-list.ts';

/** LSUB (RFC 3501 §6.3.9). A level above a subscription is shown where only the level matches. */
export const lsub: Command = {
  needs: 'user',
  sync: 'all',
  async run(state, reader) {
    const reference = reader.mailbox();
    reader.space();
    const pattern = canonicalName(reference + reader.listMailbox());
    reader.end();
    const levels = pattern.includes('%');
    for (const listed of await listNames(state.options.store, state.accountId)) {
      const wanted = listed.subscribed || (levels && listed.hasSubscribedChildren);
      if (!wanted || !matchesPattern(listed.name, pattern, HIERARCHY_SEPARATOR)) continue;
      const selectable = listed.subscribed && listed.mailbox !== undefined;
      state.untagged(formatListed('LSUB', selectable ? [] : ['\\Noselect'], listed.name));
    }
    return ok('Done');
  },
};
