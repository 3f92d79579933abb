import type { MailboxRef } from '@staffetta/core';
import type { Connection } from '../database.ts';
import type { ChangedMailbox } from './changed.ts';
import { MAILBOX_COLUMNS, mailboxNumber } from './mailbox-row.ts';
import type { MailboxRow } from './mailbox-row.ts';

/**
 * Takes rows of mailboxes of one account, in order of their ids; no one else changes them until the transaction ends.
 * Those that are gone are missing in the answer.
 */
export async function lockMailboxes(
  connection: Connection,
  accountId: string,
  refs: readonly MailboxRef[],
): Promise<ReadonlyMap<string, MailboxRow>> {
  const result = await connection.query<MailboxRow>({
    name: 'mailbox_lock',
    text: `select ${MAILBOX_COLUMNS} from mailbox where account_id = $1 and id = any($2::int[]) order by id for update`,
    values: [accountId, refs.map(mailboxNumber)],
  });
  return new Map(result.rows.map((row) => [String(row.id), row]));
}

/** How the sums of a mailbox change. */
export interface MailboxDelta {
  readonly messages: number;
  readonly unseen: number;
  readonly sizeBytes: number;
  /** UIDs that were given. */
  readonly uids: number;
}

/** Gives a locked mailbox its next modseq and the new sums. */
export async function advanceMailbox(
  connection: Connection,
  row: MailboxRow,
  delta: MailboxDelta,
): Promise<ChangedMailbox> {
  await connection.query({
    name: 'mailbox_advance',
    text: `update mailbox set modseq = modseq + 1, uid_next = uid_next + $3, messages = messages + $4,
             unseen = unseen + $5, size_bytes = size_bytes + $6
           where account_id = $1 and id = $2`,
    values: [row.account_id, row.id, delta.uids, delta.messages, delta.unseen, delta.sizeBytes],
  });
  return { accountId: row.account_id, mailboxId: String(row.id), modseq: row.modseq + 1 };
}
