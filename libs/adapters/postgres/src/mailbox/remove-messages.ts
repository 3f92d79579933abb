import type { MailboxGone, MailboxRef, UidRange } from '@staffetta/core';
import type { Connection, Database } from '../database.ts';
import { GONE } from './changed.ts';
import type { Changed } from './changed.ts';
import { DELETED } from './flags.ts';
import { advanceMailbox, lockMailboxes } from './lock-mailboxes.ts';
import type { MailboxRow } from './mailbox-row.ts';
import { statesWithin, sumOf } from './message-state.ts';
import { multirangeOf } from './uid-ranges.ts';

/** Removes messages for good: of the asked, those with `\Deleted`, or any. */
export function expunge(
  database: Database,
  ref: MailboxRef,
  uids: readonly UidRange[],
  which: 'deleted' | 'any',
): Promise<Changed<{ readonly kind: 'ok'; readonly uids: readonly number[] } | MailboxGone>> {
  return database.transaction(async (connection) => {
    const mailbox = (await lockMailboxes(connection, ref.accountId, [ref])).get(ref.mailboxId);
    if (mailbox === undefined) return GONE;
    const asked = await statesWithin(connection, mailbox, uids);
    const rows = asked.filter((row) => which === 'any' || (row.flags & DELETED) !== 0);
    const removed = rows.map((row) => row.uid);
    const result = { kind: 'ok', uids: removed } as const;
    if (rows.length === 0) return { result, changed: [] };
    await deleteMessages(connection, mailbox, removed);
    await writeVanished(connection, mailbox, removed);
    return { result, changed: [await advanceMailbox(connection, mailbox, sumOf(rows, -1))] };
  });
}

/** A tombstone under the modseq that the mailbox gets next. */
export async function writeVanished(
  connection: Connection,
  mailbox: MailboxRow,
  uids: readonly number[],
): Promise<void> {
  await connection.query({
    name: 'mailbox_vanished_insert',
    text: `insert into mailbox_vanished (account_id, mailbox_id, modseq, uids) values ($1, $2, $3, $4)`,
    values: [mailbox.account_id, mailbox.id, mailbox.modseq + 1, multirangeOf(uids)],
  });
}

async function deleteMessages(
  connection: Connection,
  mailbox: MailboxRow,
  uids: readonly number[],
): Promise<void> {
  await connection.query({
    name: 'mailbox_message_delete',
    text: `with removed as (
             delete from mailbox_message where account_id = $1 and mailbox_id = $2 and uid = any($3::bigint[])
             returning blob
           )
           insert into mail_blob_release (hash) select distinct blob from removed`,
    values: [mailbox.account_id, mailbox.id, uids],
  });
}
