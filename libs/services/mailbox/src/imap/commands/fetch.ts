import type { MessageRow, UidRange } from '@staffetta/core';
import { readFetchArguments } from '@staffetta/imap';
import type { FetchItem } from '@staffetta/imap';
import { ok } from '../command.ts';
import type { Command, CommandResult } from '../command.ts';
import { FetchWriter } from '../fetch-writer.ts';
import type { SelectedState } from '../imap-state.ts';

/** Rows asked for at once: of flags and sizes; with header or structure. */
const PLAIN_ROWS_MAX = 1_000;
const HEAVY_ROWS_MAX = 40;

/** FETCH (RFC 3501 §6.4.5): row by row, as fast as the client takes them. */
export const fetch: Command = {
  needs: 'mailbox',
  sync: 'no-expunge',
  async run(state, reader, byUid) {
    const { set, items } = readFetchArguments(reader);
    const ranges = state.selected.rangesOf(set, byUid);
    const withUid: readonly FetchItem[] =
      byUid && !items.some((item) => item.kind === 'uid') ? [{ kind: 'uid' }, ...items] : items;
    return fetchRanges(state, ranges, withUid);
  },
};

async function fetchRanges(
  state: SelectedState,
  ranges: readonly UidRange[],
  items: readonly FetchItem[],
): Promise<CommandResult> {
  const { selected } = state;
  const writer = new FetchWriter(state, items);
  const rowsMax = writer.isHeavy ? HEAVY_ROWS_MAX : PLAIN_ROWS_MAX;
  let missing = false;
  for (const piece of selected.pieces(ranges, rowsMax)) {
    const rows = await state.options.store.fetch(selected.mailbox, piece, writer.columns, rowsMax);
    missing ||= rows.length < selected.countOf(piece);
    const marked = await markSeen(state, rows, items);
    for (const row of rows) {
      const number = selected.numbers.numberOf(row.uid);
      if (number === undefined) continue;
      const flags = marked.get(row.uid);
      await writer.write(
        number,
        flags === undefined ? row : { ...row, flags },
        flags !== undefined,
      );
    }
  }
  return ok(missing ? '[EXPUNGEISSUED] Some messages are gone' : 'Done');
}

/** Sets `\Seen` where an item asks for it; returns the new flags of those that had not got it. */
async function markSeen(
  state: SelectedState,
  rows: readonly MessageRow[],
  items: readonly FetchItem[],
): Promise<Map<number, readonly string[]>> {
  const marks = items.some((item) => item.kind === 'section' && item.marksSeen);
  const unseen = rows.filter((row) => !row.flags.includes('\\Seen'));
  if (!marks || state.selected.readOnly || unseen.length === 0) return new Map();
  const uids = unseen.map(({ uid }) => ({ first: uid, last: uid }));
  const { mailbox } = state.selected;
  const stored = await state.options.store.storeFlags(mailbox, uids, 'add', ['\\Seen']);
  if (stored.kind === 'gone') return new Map();
  state.selected.noteOwnChange(stored.modseq);
  return new Map(stored.messages.map(({ uid, flags }) => [uid, flags]));
}
