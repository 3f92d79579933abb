import { readStoreArguments } from '@staffetta/imap';
import { ok, READ_ONLY } from '../command.ts';
import type { Command } from '../command.ts';

/** Messages changed in one step. */
const STORE_MESSAGES_MAX = 5_000;

/** STORE (RFC 3501 §6.4.6). */
export const store: Command = {
  needs: 'mailbox',
  sync: 'no-expunge',
  async run(state, reader, byUid) {
    const { set, change, silent, flags } = readStoreArguments(reader);
    const { selected, client } = state;
    if (selected.readOnly) return READ_ONLY;
    const ranges = selected.rangesOf(set, byUid);
    for (const piece of selected.pieces(ranges, STORE_MESSAGES_MAX)) {
      const { mailbox } = selected;
      const stored = await state.options.store.storeFlags(mailbox, piece, change, flags);
      if (stored.kind === 'gone') break;
      selected.noteOwnChange(stored.modseq);
      for (const message of silent ? [] : stored.messages) {
        const number = selected.numbers.numberOf(message.uid);
        if (number === undefined) continue;
        const uid = byUid ? `UID ${message.uid} ` : '';
        state.untagged(`${number} FETCH (${uid}${selected.formatFlags(message)})`);
      }
      await client.drained();
    }
    return ok('Done');
  },
};
