import { formatSet } from '@staffetta/imap';
import { ok, READ_ONLY, TRY_CREATE } from '../command.ts';
import type { Command } from '../command.ts';

/** COPY (RFC 3501 §6.4.7, RFC 4315). */
export const copy = copying(false);

/** MOVE (RFC 6851): exactly what is copied is removed, in one step. */
export const move = copying(true);

function copying(moves: boolean): Command {
  return {
    needs: 'mailbox',
    sync: 'all',
    async run(state, reader, byUid) {
      const set = reader.sequenceSet();
      reader.space();
      const name = reader.mailbox();
      reader.end();
      const { selected, options } = state;
      if (moves && selected.readOnly) return READ_ONLY;
      const ranges = selected.rangesOf(set, byUid);
      const target = await options.store.findMailbox(state.accountId, name);
      if (target === undefined) return TRY_CREATE;
      const given = moves
        ? await options.store.move(selected.mailbox, ranges, target)
        : await options.store.copy(selected.mailbox, ranges, target);
      if (given.kind === 'gone') return TRY_CREATE;
      if (given.to.length === 0) return ok('There was nothing to do');
      const uids = `${formatSet(given.from)} ${formatSet(given.to)}`;
      const code = `[COPYUID ${given.uidValidity} ${uids}]`;
      if (!moves) return ok(`${code} Copied`);
      state.untagged(`OK ${code} Moved`);
      return ok('Done');
    },
  };
}
