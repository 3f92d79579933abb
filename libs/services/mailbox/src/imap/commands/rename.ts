import { HIERARCHY_SEPARATOR } from '@staffetta/core';
import { no, NO_SUCH_MAILBOX, ok } from '../command.ts';
import type { Command } from '../command.ts';
import { usableName } from '../usable-name.ts';

/** RENAME (RFC 3501 §6.3.5). */
export const rename: Command = {
  needs: 'user',
  sync: 'all',
  async run(state, reader) {
    const from = reader.mailbox();
    reader.space();
    const to = usableName(reader.mailbox());
    reader.end();
    if (to === undefined || (from !== 'INBOX' && to.startsWith(from + HIERARCHY_SEPARATOR))) {
      return no('[CANNOT] This cannot be the new name');
    }
    const mailbox = await state.options.store.findMailbox(state.accountId, from);
    if (mailbox === undefined) return NO_SUCH_MAILBOX;
    const renamed = await state.options.store.renameMailbox(mailbox, to);
    if (renamed.kind === 'gone') return NO_SUCH_MAILBOX;
    if (renamed.kind === 'exists') return no('[ALREADYEXISTS] There is such a mailbox');
    return ok('Renamed');
  },
};
