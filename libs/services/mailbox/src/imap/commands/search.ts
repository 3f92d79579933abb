import type { UidRange } from '@staffetta/core';
import { readSearchArguments } from '@staffetta/imap';
import type { SearchKey } from '@staffetta/imap';
import { no, ok } from '../command.ts';
import type { Command } from '../command.ts';
import type { SelectedState } from '../imap-state.ts';
import { MessageContent } from '../../message-content.ts';
import type { SelectedMailbox } from '../selected-mailbox.ts';
import { matchesContent, matchesRow, SearchQuery } from '../search-query.ts';

/** Rows asked for at once: of flags and sizes; with the header. */
const PLAIN_ROWS_MAX = 1_000;
const HEADER_ROWS_MAX = 100;

/** SEARCH (RFC 3501 §6.4.4). */
export const search: Command = {
  needs: 'mailbox',
  sync: 'no-expunge',
  async run(state, reader, byUid) {
    const key = readSearchArguments(reader);
    if (key.kind === 'unknown-charset') return no('[BADCHARSET (UTF-8)] Unknown charset');
    const query = new SearchQuery(key, state.selected);
    state.client.write('* SEARCH');
    try {
      for await (const uid of found(state, query)) {
        const number = state.selected.numbers.numberOf(uid);
        if (number !== undefined) state.client.write(` ${byUid ? uid : number}`);
      }
    } finally {
      state.client.write('\r\n');
    }
    return ok('Done');
  },
};

async function* found(state: SelectedState, query: SearchQuery): AsyncGenerator<number> {
  const { selected, options, accountId } = state;
  const { count, lastUid } = selected.numbers;
  if (count === 0) return;
  if (query.needs === 'number') {
    for (const uid of selected.numbers) if (query.matchesNumber(uid)) yield uid;
    return;
  }
  const withHeader = query.needs === 'content';
  const rowsMax = withHeader ? HEADER_ROWS_MAX : PLAIN_ROWS_MAX;
  const columns = { header: withHeader, structure: withHeader };
  const within = narrowed(query.key, selected) ?? [{ first: 1, last: lastUid }];
  for (const piece of selected.pieces(within, rowsMax)) {
    for (const row of await options.store.fetch(selected.mailbox, piece, columns, rowsMax)) {
      const known = matchesRow(query, query.key, row);
      if (
        known ??
        (await matchesContent(query, row, new MessageContent(options.store, accountId, row)))
      ) {
        yield row.uid;
      }
    }
  }
}

/** Where all that is asked must be among some numbers or UIDs, only those are read. */
function narrowed(key: SearchKey, selected: SelectedMailbox): UidRange[] | undefined {
  const set = (key.kind === 'and' ? key.keys : [key]).find(
    (one) => one.kind === 'uid' || one.kind === 'sequence',
  );
  if (set?.kind !== 'uid' && set?.kind !== 'sequence') return undefined;
  return selected.knownRangesOf(set.set, set.kind === 'uid');
}
