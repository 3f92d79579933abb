import type { MessageState, UidRange } from '@staffetta/core';
import type { Connection } from '../database.ts';
import { SEEN, flagNames } from './flags.ts';
import type { MailboxDelta } from './lock-mailboxes.ts';
import type { MailboxRow } from './mailbox-row.ts';
import { normalRanges } from './uid-ranges.ts';

/** What changes of a message, and what its mailbox's sums need. */
export interface StateRow {
  readonly uid: number;
  readonly modseq: number;
  readonly flags: number;
  readonly keywords: string[] | null;
  readonly size_bytes: number;
}

/** The asked messages of a mailbox whose row is taken, ascending by UID. */
export async function statesWithin(
  connection: Connection,
  mailbox: MailboxRow,
  uids: readonly UidRange[],
): Promise<StateRow[]> {
  const ranges = normalRanges(uids);
  const result = await connection.query<StateRow>({
    name: 'mailbox_message_states',
    text: `select uid, modseq, flags, keywords, size_bytes
           from unnest($3::bigint[], $4::bigint[]) as range (first, last)
           join mailbox_message on account_id = $1 and mailbox_id = $2 and uid between first and last
           order by uid`,
    values: [
      mailbox.account_id,
      mailbox.id,
      ranges.map(({ first }) => first),
      ranges.map(({ last }) => last),
    ],
  });
  return result.rows;
}

/** The row as the port shows it. */
export function stateOf({
  uid,
  modseq,
  flags,
  keywords,
}: Pick<StateRow, 'uid' | 'modseq' | 'flags' | 'keywords'>): MessageState {
  return { uid, modseq, flags: flagNames(flags, keywords) };
}

/** What these messages add to the sums of a mailbox, or take away with `sign` -1. */
export function sumOf(rows: readonly StateRow[], sign: 1 | -1): MailboxDelta {
  return {
    messages: sign * rows.length,
    unseen: sign * rows.filter((row) => (row.flags & SEEN) === 0).length,
    sizeBytes: sign * rows.reduce((sum, row) => sum + row.size_bytes, 0),
    uids: sign === 1 ? rows.length : 0,
  };
}
