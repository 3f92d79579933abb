import { ok } from '../command.ts';
import type { Command } from '../command.ts';

/** CLOSE (RFC 3501 §6.4.2): removes what is `\Deleted`, silently, and leaves the mailbox. */
export const close: Command = {
  needs: 'mailbox',
  sync: 'nothing',
  async run(state, reader) {
    reader.end();
    const { mailbox, numbers, readOnly } = state.selected;
    const known = [{ first: 1, last: numbers.lastUid }];
    if (!readOnly && numbers.count > 0)
      await state.options.store.expunge(mailbox, known, 'deleted');
    state.deselect();
    return ok('Closed');
  },
};

/** UNSELECT (RFC 3691): leaves the mailbox as it is. */
export const unselect: Command = {
  needs: 'mailbox',
  sync: 'nothing',
  async run(state, reader) {
    reader.end();
    state.deselect();
    return ok('Closed');
  },
};
