import type { MailboxGone, MailboxRef, MessageState, UidRange } from '@staffetta/core';
import type { Connection, Database } from '../database.ts';
import { GONE } from './changed.ts';
import type { Changed } from './changed.ts';
import { SEEN, changeFlags, storedFlags } from './flags.ts';
import type { StoredFlags } from './flags.ts';
import { advanceMailbox, lockMailboxes } from './lock-mailboxes.ts';
import type { MailboxRow } from './mailbox-row.ts';
import { stateOf, statesWithin } from './message-state.ts';
import type { StateRow } from './message-state.ts';
import { textArray } from './store-copies.ts';

/** What the caller asks for. */
export interface FlagChange {
  readonly uids: readonly UidRange[];
  readonly change: 'add' | 'remove' | 'set';
  readonly flags: readonly string[];
  readonly unchangedSince: number | undefined;
}

type StoredFlagsResult =
  | {
      readonly kind: 'ok';
      readonly messages: readonly MessageState[];
      readonly unmodified: readonly number[];
      readonly modseq: number;
    }
  | MailboxGone;

/** Changes flags of the asked messages; those that stay as they are keep their modseq. */
export function storeFlags(
  database: Database,
  ref: MailboxRef,
  asked: FlagChange,
): Promise<Changed<StoredFlagsResult>> {
  const named = storedFlags(asked.flags);
  const { unchangedSince = Infinity } = asked;
  return database.transaction(async (connection) => {
    const mailbox = (await lockMailboxes(connection, ref.accountId, [ref])).get(ref.mailboxId);
    if (mailbox === undefined) return GONE;
    const before = await statesWithin(connection, mailbox, asked.uids);
    const modseq = mailbox.modseq + 1;
    const after = before.map((row) => {
      if (row.modseq > unchangedSince) return row;
      const flags = { bits: row.flags, keywords: row.keywords ?? [] };
      const changed = changeFlags(flags, asked.change, named);
      return changed === undefined ? row : { ...row, ...rowFlags(changed), modseq };
    });
    const result = {
      kind: 'ok' as const,
      messages: after.map(stateOf),
      unmodified: before.filter((row) => row.modseq > unchangedSince).map((row) => row.uid),
      modseq,
    };
    const changedRows = after.filter((row) => row.modseq === modseq);
    if (changedRows.length === 0) return { result, changed: [] };
    await writeFlags(connection, mailbox, changedRows);
    const changed = await advanceMailbox(connection, mailbox, {
      ...{ messages: 0, sizeBytes: 0, uids: 0 },
      unseen: unseen(after) - unseen(before),
    });
    return { result, changed: [changed] };
  });
}

function rowFlags({ bits, keywords }: StoredFlags): Pick<StateRow, 'flags' | 'keywords'> {
  return { flags: bits, keywords: keywords.length === 0 ? null : [...keywords] };
}

function unseen(rows: readonly StateRow[]): number {
  return rows.filter((row) => (row.flags & SEEN) === 0).length;
}

async function writeFlags(
  connection: Connection,
  mailbox: MailboxRow,
  rows: readonly StateRow[],
): Promise<void> {
  await connection.query({
    name: 'mailbox_message_flags',
    text: `update mailbox_message set modseq = $3, flags = changed.flags, keywords = changed.keywords::text[]
           from unnest($4::bigint[], $5::smallint[], $6::text[]) as changed (uid, flags, keywords)
           where account_id = $1 and mailbox_id = $2 and mailbox_message.uid = changed.uid`,
    values: [
      mailbox.account_id,
      mailbox.id,
      mailbox.modseq + 1,
      rows.map((row) => row.uid),
      rows.map((row) => row.flags),
      rows.map((row) => textArray(row.keywords ?? [])),
    ],
  });
}
