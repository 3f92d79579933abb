import type { GivenUids, MailboxGone, MailboxRef, UidRange } from '@staffetta/core';
import type { Connection, Database } from '../database.ts';
import { GONE } from './changed.ts';
import type { Changed } from './changed.ts';
import { advanceMailbox, lockMailboxes } from './lock-mailboxes.ts';
import type { MailboxRow } from './mailbox-row.ts';
import { statesWithin, sumOf } from './message-state.ts';
import { writeVanished } from './remove-messages.ts';

/** Copies the asked messages in the order of their UIDs. */
export function copyMessages(
  database: Database,
  from: MailboxRef,
  uids: readonly UidRange[],
  to: MailboxRef,
): Promise<Changed<GivenUids | MailboxGone>> {
  return database.transaction(async (connection) => {
    const locked = await lockMailboxes(connection, from.accountId, [from, to]);
    const source = locked.get(from.mailboxId);
    const target = locked.get(to.mailboxId);
    if (source === undefined || target === undefined) return GONE;
    const rows = await statesWithin(connection, source, uids);
    const asked = rows.map((row) => row.uid);
    const result = given(asked, target);
    if (rows.length === 0) return { result, changed: [] };
    await copyRows(connection, source, asked, target);
    return { result, changed: [await advanceMailbox(connection, target, sumOf(rows, 1))] };
  });
}

/** Moves the asked messages, and exactly those, in the order of their UIDs. */
export function moveMessages(
  database: Database,
  from: MailboxRef,
  uids: readonly UidRange[],
  to: MailboxRef,
): Promise<Changed<GivenUids | MailboxGone>> {
  return database.transaction(async (connection) => {
    const locked = await lockMailboxes(connection, from.accountId, [from, to]);
    const source = locked.get(from.mailboxId);
    const target = locked.get(to.mailboxId);
    if (source === undefined || target === undefined) return GONE;
    return moveAsked(connection, source, uids, target);
  });
}

/** Moves between mailboxes whose rows are taken. */
export async function moveAsked(
  connection: Connection,
  source: MailboxRow,
  uids: readonly UidRange[],
  target: MailboxRow,
): Promise<Changed<GivenUids>> {
  const rows = await statesWithin(connection, source, uids);
  const asked = rows.map((row) => row.uid);
  const result = given(asked, target);
  if (rows.length === 0) return { result, changed: [] };
  await moveRows(connection, source, asked, target);
  await writeVanished(connection, source, asked);
  const there = sumOf(rows, 1);
  if (source.id === target.id) {
    const same = { messages: 0, unseen: 0, sizeBytes: 0, uids: there.uids };
    return { result, changed: [await advanceMailbox(connection, target, same)] };
  }
  const changed = [
    await advanceMailbox(connection, source, sumOf(rows, -1)),
    await advanceMailbox(connection, target, there),
  ];
  return { result, changed };
}

function given(asked: readonly number[], target: MailboxRow): GivenUids {
  const to = asked.map((_, i) => target.uid_next + i);
  return { kind: 'ok', uidValidity: target.uid_validity, from: asked, to };
}

async function copyRows(
  connection: Connection,
  source: MailboxRow,
  uids: readonly number[],
  target: MailboxRow,
): Promise<void> {
  await connection.query({
    name: 'mailbox_message_copy',
    text: `insert into mailbox_message (account_id, mailbox_id, uid, modseq, flags, keywords, internal_date, size_bytes,
             body_header_bytes, ends_with_crlf, prefix, blob)
           select account_id, $4, $5 - 1 + row_number() over (order by uid), $6, flags, keywords, internal_date,
             size_bytes, body_header_bytes, ends_with_crlf, prefix, blob
           from mailbox_message where account_id = $1 and mailbox_id = $2 and uid = any($3::bigint[])`,
    values: targetValues(source, uids, target),
  });
}

async function moveRows(
  connection: Connection,
  source: MailboxRow,
  uids: readonly number[],
  target: MailboxRow,
): Promise<void> {
  await connection.query({
    name: 'mailbox_message_move',
    text: `update mailbox_message set mailbox_id = $4, uid = $5 - 1 + place, modseq = $6, saved_at = now()
           from unnest($3::bigint[]) with ordinality as asked (uid, place)
           where account_id = $1 and mailbox_id = $2 and mailbox_message.uid = asked.uid`,
    values: targetValues(source, uids, target),
  });
}

function targetValues(source: MailboxRow, uids: readonly number[], target: MailboxRow): unknown[] {
  return [source.account_id, source.id, uids, target.id, target.uid_next, target.modseq + 1];
}
