import type { MailboxRef, MailboxSnapshot } from '@staffetta/core';
import type { Database } from '../database.ts';
import { MAILBOX_COLUMNS, mailboxNumber, mailboxOf } from './mailbox-row.ts';
import type { MailboxRow } from './mailbox-row.ts';

interface SnapshotRow extends MailboxRow {
  readonly uids: string | null;
  readonly first_unseen: number | null;
}

/** Opens a mailbox; for writing, what is there is no longer recent to the next session that opens it. */
export async function selectMailbox(
  database: Database,
  ref: MailboxRef,
  readOnly: boolean,
): Promise<MailboxSnapshot | undefined> {
  for (;;) {
    const row = await snapshotOf(database, ref);
    if (row === undefined) return undefined;
    // Another session may take what is recent between the two statements: then this one looks again.
    if (readOnly || (await takeRecent(database, row))) {
      return {
        mailbox: mailboxOf(row),
        uids: uidsOf(row.uids ?? ''),
        firstUnseenUid: row.first_unseen ?? undefined,
      };
    }
  }
}

async function snapshotOf(database: Database, ref: MailboxRef): Promise<SnapshotRow | undefined> {
  return database.withConnection(async (connection) => {
    const result = await connection.query<SnapshotRow>({
      name: 'mailbox_snapshot',
      text: `select ${MAILBOX_COLUMNS},
                    (select string_agg(uid::text, ',' order by uid) from mailbox_message
                     where account_id = $1 and mailbox_id = $2) as uids,
                    case when unseen > 0 then (
                      select uid from mailbox_message
                      where account_id = $1 and mailbox_id = $2 and flags & 1 = 0 order by uid limit 1
                    ) end as first_unseen
             from mailbox where account_id = $1 and id = $2`,
      values: [ref.accountId, mailboxNumber(ref)],
    });
    return result.rows[0];
  });
}

async function takeRecent(database: Database, row: SnapshotRow): Promise<boolean> {
  if (row.recent_from_uid === row.uid_next) return true;
  const taken = await database.query(
    `update mailbox set recent_from_uid = $3 where account_id = $1 and id = $2 and recent_from_uid = $4
     returning id`,
    [row.account_id, row.id, row.uid_next, row.recent_from_uid],
  );
  return taken.length === 1;
}

/** Read digit by digit: a mailbox may have a million messages, and strings of each would cost more than the rest. */
function uidsOf(text: string): Uint32Array {
  if (text === '') return new Uint32Array();
  let count = 1;
  for (let at = text.indexOf(','); at !== -1; at = text.indexOf(',', at + 1)) count += 1;
  const uids = new Uint32Array(count);
  let uid = 0;
  let index = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === COMMA) {
      uids[index++] = uid;
      uid = 0;
    } else uid = uid * 10 + code - ZERO;
  }
  uids[index] = uid;
  return uids;
}

const COMMA = 44;
const ZERO = 48;
