import type { MailboxChanges, MailboxRef, MessageState } from '@staffetta/core';
import type { Database } from '../database.ts';
import { mailboxNumber } from './mailbox-row.ts';
import { stateOf } from './message-state.ts';
import { uidsOfMultirange } from './uid-ranges.ts';

interface ChangeRow {
  /** 0: the mailbox, with uid_next as `uid`; 1: a tombstone; 2: a message. */
  readonly kind: number;
  readonly uid: number;
  readonly modseq: number;
  readonly flags: number;
  readonly keywords: string[] | null;
  readonly vanished: string | null;
  readonly vanished_from_modseq: number | null;
}

/** What happened to a mailbox after a modseq, all of one moment: one statement sees one snapshot. */
export async function changesSince(
  database: Database,
  ref: MailboxRef,
  modseq: number,
): Promise<MailboxChanges> {
  const rows = await database.withConnection(async (connection) => {
    const result = await connection.query<ChangeRow>({
      name: 'mailbox_changes',
      text: `select 0 as kind, uid_next as uid, modseq, 0::smallint as flags, null::text[] as keywords,
                    null::text as vanished, vanished_from_modseq
             from mailbox where account_id = $1 and id = $2
             union all
             select 1, 0, modseq, 0, null, uids::text, null from mailbox_vanished
             where account_id = $1 and mailbox_id = $2 and modseq > $3
             union all
             select 2, uid, modseq, flags, keywords, null, null from mailbox_message
             where account_id = $1 and mailbox_id = $2 and modseq > $3
             order by 1, 2`,
      values: [ref.accountId, mailboxNumber(ref), modseq],
    });
    return result.rows;
  });
  const [mailbox, ...changes] = rows;
  if (mailbox?.kind !== 0) return { kind: 'gone' };
  if (modseq < (mailbox.vanished_from_modseq ?? 0)) return { kind: 'too-old' };
  const vanished: number[] = [];
  const changed: MessageState[] = [];
  for (const row of changes) {
    if (row.kind === 2) changed.push(stateOf(row));
    else vanished.push(...uidsOfMultirange(row.vanished ?? ''));
  }
  vanished.sort((a, b) => a - b);
  return { kind: 'changes', vanished, changed, modseq: mailbox.modseq, uidNext: mailbox.uid };
}
