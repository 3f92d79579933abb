import { HIERARCHY_SEPARATOR, MAILBOXES_MAX } from '@staffetta/core';
import type { Mailbox, MailboxGone, MailboxRef, SpecialUse } from '@staffetta/core';
import type { Connection, Database } from '../database.ts';
import { insertMailboxes, lockAccount } from './account-mailboxes.ts';
import { GONE } from './changed.ts';
import type { Changed } from './changed.ts';
import { lockMailboxes } from './lock-mailboxes.ts';
import { MAILBOX_COLUMNS, mailboxNumber, mailboxOf } from './mailbox-row.ts';
import type { MailboxRow } from './mailbox-row.ts';
import { moveAsked } from './copy-messages.ts';

const INBOX = 'INBOX';
const EXISTS: Changed<{ readonly kind: 'exists' }> = { result: { kind: 'exists' }, changed: [] };
const ALL = [{ first: 1, last: 0xffff_ffff }];

/** Makes a mailbox and the superiors that it lacks. */
export function createMailbox(
  database: Database,
  accountId: string,
  name: string,
  specialUse: SpecialUse | undefined,
): Promise<
  { readonly kind: 'ok'; readonly mailbox: Mailbox } | { readonly kind: 'exists' | 'limit' }
> {
  return database.transaction(async (connection) => {
    await lockAccount(connection, accountId);
    if ((await existing(connection, accountId, [name])).size > 0) return { kind: 'exists' };
    const superiors = await missingSuperiors(connection, accountId, name);
    const count = await countMailboxes(connection, accountId);
    if (count + superiors.length + 1 > MAILBOXES_MAX) return { kind: 'limit' };
    await insertMailboxes(connection, [
      ...superiors.map((superior) => ({ accountId, name: superior, specialUse: undefined })),
      { accountId, name, specialUse },
    ]);
    return { kind: 'ok', mailbox: mailboxOf(await mailboxNamed(connection, accountId, name)) };
  });
}

/** Removes a mailbox with its messages. */
export function deleteMailbox(
  database: Database,
  ref: MailboxRef,
): Promise<Changed<{ readonly kind: 'ok' } | MailboxGone>> {
  return database.transaction(async (connection) => {
    await lockAccount(connection, ref.accountId);
    const mailbox = (await lockMailboxes(connection, ref.accountId, [ref])).get(ref.mailboxId);
    if (mailbox === undefined) return GONE;
    const values = [ref.accountId, mailbox.id];
    await connection.query(
      `with removed as (
         delete from mailbox_message where account_id = $1 and mailbox_id = $2 returning blob
       )
       insert into mail_blob_release (hash) select distinct blob from removed`,
      values,
    );
    await connection.query(
      'delete from mailbox_vanished where account_id = $1 and mailbox_id = $2',
      values,
    );
    await connection.query('delete from mailbox where account_id = $1 and id = $2', values);
    return { result: { kind: 'ok' }, changed: [{ ...ref, modseq: undefined }] };
  });
}

/** Renames a mailbox with its inferiors; INBOX stays and gives its messages away. */
export function renameMailbox(
  database: Database,
  ref: MailboxRef,
  name: string,
): Promise<Changed<{ readonly kind: 'ok' | 'exists' } | MailboxGone>> {
  return database.transaction(async (connection) => {
    await lockAccount(connection, ref.accountId);
    const tree = await lockTree(connection, ref);
    const mailbox = tree.find((row) => String(row.id) === ref.mailboxId);
    if (mailbox === undefined) return GONE;
    return mailbox.name === INBOX
      ? renameInbox(connection, mailbox, name)
      : renameTree(connection, mailbox, tree, name);
  });
}

/** Takes the mailbox and its inferiors, in order of their ids; names stay while the account's row is taken. */
async function lockTree(connection: Connection, ref: MailboxRef): Promise<MailboxRow[]> {
  const result = await connection.query<MailboxRow>(
    `select ${MAILBOX_COLUMNS} from mailbox where account_id = $1 and (id = $2 or starts_with(name,
       (select name from mailbox as superior where superior.account_id = $1 and superior.id = $2) || $3))
     order by id for update`,
    [ref.accountId, mailboxNumber(ref), HIERARCHY_SEPARATOR],
  );
  return result.rows;
}

async function renameInbox(
  connection: Connection,
  inbox: MailboxRow,
  name: string,
): Promise<Changed<{ readonly kind: 'ok' | 'exists' }>> {
  const accountId = inbox.account_id;
  if ((await existing(connection, accountId, [name])).size > 0) return EXISTS;
  const superiors = await missingSuperiors(connection, accountId, name);
  await insertMailboxes(
    connection,
    [...superiors, name].map((one) => ({ accountId, name: one, specialUse: undefined })),
  );
  const target = await mailboxNamed(connection, accountId, name);
  const { changed } = await moveAsked(connection, inbox, ALL, target);
  return { result: { kind: 'ok' }, changed };
}

async function renameTree(
  connection: Connection,
  mailbox: MailboxRow,
  tree: readonly MailboxRow[],
  name: string,
): Promise<Changed<{ readonly kind: 'ok' | 'exists' }>> {
  const accountId = mailbox.account_id;
  const before = tree.map((row) => row.name);
  const after = before.map((one) => name + one.slice(mailbox.name.length));
  if ((await existing(connection, accountId, after)).size > 0) return EXISTS;
  await connection.query(
    `update mailbox set name = renamed.after from unnest($2::text[], $3::text[]) as renamed (before, after)
     where account_id = $1 and name = renamed.before`,
    [accountId, before, after],
  );
  const superiors = await missingSuperiors(connection, accountId, name);
  await insertMailboxes(
    connection,
    superiors.map((superior) => ({ accountId, name: superior, specialUse: undefined })),
  );
  return { result: { kind: 'ok' }, changed: [] };
}

async function missingSuperiors(
  connection: Connection,
  accountId: string,
  name: string,
): Promise<string[]> {
  const levels = name.split(HIERARCHY_SEPARATOR);
  const superiors = levels.slice(1).map((_, i) => levels.slice(0, i + 1).join(HIERARCHY_SEPARATOR));
  const there = await existing(connection, accountId, superiors);
  return superiors.filter((superior) => !there.has(superior));
}

async function existing(
  connection: Connection,
  accountId: string,
  names: readonly string[],
): Promise<ReadonlySet<string>> {
  const result = await connection.query<{ name: string }>(
    'select name from mailbox where account_id = $1 and name = any($2::text[])',
    [accountId, names],
  );
  return new Set(result.rows.map((row) => row.name));
}

async function countMailboxes(connection: Connection, accountId: string): Promise<number> {
  const result = await connection.query<{ count: number }>(
    'select count(*) as count from mailbox where account_id = $1',
    [accountId],
  );
  return result.rows[0]?.count ?? 0;
}

async function mailboxNamed(
  connection: Connection,
  accountId: string,
  name: string,
): Promise<MailboxRow> {
  const result = await connection.query<MailboxRow>(
    `select ${MAILBOX_COLUMNS} from mailbox where account_id = $1 and name = $2`,
    [accountId, name],
  );
  const [row] = result.rows;
  if (row === undefined) throw new Error('a mailbox that was just made is missing');
  return row;
}
