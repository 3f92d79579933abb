import { readStatusItems } from '@staffetta/imap';
import { NO_SUCH_MAILBOX, ok } from '../command.ts';
import type { Command } from '../command.ts';
import { formatStatus } from '../mailbox-status.ts';

/** STATUS (RFC 3501 §6.3.10). */
export const status: Command = {
  needs: 'user',
  sync: 'all',
  async run(state, reader) {
    const name = reader.mailbox();
    reader.space();
    const items = readStatusItems(reader);
    reader.end();
    const { store } = state.options;
    const mailbox = await store.findMailbox(state.accountId, name);
    if (mailbox === undefined) return NO_SUCH_MAILBOX;
    state.untagged(await formatStatus(store, mailbox, items));
    return ok('Done');
  },
};
