import { no, NO_SUCH_MAILBOX, ok } from '../command.ts';
import type { Command } from '../command.ts';

/** DELETE (RFC 3501 §6.3.4). Inferiors stay; the name is then shown as `\Noselect`. */
export const deleteCommand: Command = {
  needs: 'user',
  sync: 'all',
  async run(state, reader) {
    const name = reader.mailbox();
    reader.end();
    if (name === 'INBOX') return no('[CANNOT] INBOX cannot be deleted');
    const mailbox = await state.options.store.findMailbox(state.accountId, name);
    if (mailbox === undefined) return NO_SUCH_MAILBOX;
    if (state.selected?.mailbox.mailboxId === mailbox.mailboxId) state.deselect();
    const deleted = await state.options.store.deleteMailbox(mailbox);
    return deleted.kind === 'gone' ? NO_SUCH_MAILBOX : ok('Deleted');
  },
};
