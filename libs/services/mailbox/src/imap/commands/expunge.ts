import type { ArgumentReader } from '@staffetta/imap';
import type { UidRange } from '@staffetta/core';
import { ok, READ_ONLY } from '../command.ts';
import type { Command } from '../command.ts';
import type { SelectedMailbox } from '../selected-mailbox.ts';

/** EXPUNGE (RFC 3501 §6.4.3) and UID EXPUNGE (RFC 4315). The responses come with the other changes. */
export const expunge: Command = {
  needs: 'mailbox',
  sync: 'all',
  async run(state, reader, byUid) {
    const { selected } = state;
    const ranges = readRanges(selected, reader, byUid);
    reader.end();
    if (selected.readOnly) return READ_ONLY;
    if (ranges.length > 0) await state.options.store.expunge(selected.mailbox, ranges, 'deleted');
    return ok('Done');
  },
};

function readRanges(selected: SelectedMailbox, reader: ArgumentReader, byUid: boolean): UidRange[] {
  if (byUid) return selected.rangesOf(reader.sequenceSet(), true);
  const { count, lastUid } = selected.numbers;
  return count === 0 ? [] : [{ first: 1, last: lastUid }];
}
