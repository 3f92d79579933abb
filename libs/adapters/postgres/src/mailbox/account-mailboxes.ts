import { DEFAULT_MAILBOXES } from '@staffetta/core';
import type { Connection } from '../database.ts';

/**
 * Gives accounts that have no mailboxes yet the defaults, subscribed to. Accounts are taken in order of their ids, so
 * that two who do this at once wait and do not lock each other out.
 */
export async function ensureDefaultMailboxes(
  connection: Connection,
  accountIds: readonly string[],
): Promise<void> {
  const inserted = await connection.query<{ account_id: string }>({
    name: 'mailbox_account_insert',
    text: `insert into mailbox_account (account_id) select unnest($1::text[]) order by 1
           on conflict do nothing returning account_id`,
    values: [accountIds],
  });
  const created = inserted.rows.map((row) => row.account_id);
  if (created.length === 0) return;
  await insertMailboxes(
    connection,
    created.flatMap((accountId) =>
      DEFAULT_MAILBOXES.map(({ name, specialUse }) => ({ accountId, name, specialUse })),
    ),
  );
  await connection.query(
    `insert into mailbox_subscription (account_id, name)
     select account_id, name from unnest($1::text[]) as account_id, unnest($2::text[]) as name`,
    [created, DEFAULT_MAILBOXES.map((mailbox) => mailbox.name)],
  );
}

/** A mailbox to be made. */
export interface MailboxInsert {
  readonly accountId: string;
  readonly name: string;
  readonly specialUse: string | undefined;
}

/** Makes mailboxes that are known to be missing; takes the rows of their accounts. */
export async function insertMailboxes(
  connection: Connection,
  mailboxes: readonly MailboxInsert[],
): Promise<void> {
  await connection.query({
    name: 'mailbox_insert',
    text: `with wanted as (
             select *, row_number() over (partition by account_id order by number) as nth
             from unnest($1::text[], $2::text[], $3::text[]) with ordinality
               as wanted (account_id, name, special_use, number)
           ), given as (
             update mailbox_account set next_id = next_id + count,
               uid_validity = greatest(uid_validity, extract(epoch from now())::bigint) + count
             from (select account_id, count(*) as count from wanted group by account_id) as sums
             where mailbox_account.account_id = sums.account_id
             returning mailbox_account.account_id, next_id - count as first_id, uid_validity - count as validity
           )
           insert into mailbox (account_id, id, name, special_use, uid_validity)
           select account_id, first_id + nth - 1, name, special_use, validity + nth
           from wanted join given using (account_id)`,
    values: [
      mailboxes.map((mailbox) => mailbox.accountId),
      mailboxes.map((mailbox) => mailbox.name),
      mailboxes.map((mailbox) => mailbox.specialUse ?? null),
    ],
  });
}

/** Takes the account's row: mailboxes of an account are made, renamed and removed one after the other. */
export async function lockAccount(connection: Connection, accountId: string): Promise<void> {
  await ensureDefaultMailboxes(connection, [accountId]);
  await connection.query({
    name: 'mailbox_account_lock',
    text: 'select from mailbox_account where account_id = $1 for update',
    values: [accountId],
  });
}
