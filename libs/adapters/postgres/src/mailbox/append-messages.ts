import type { GivenUids, MailboxGone, MailboxRef, NewMessage } from '@staffetta/core';
import type { Connection, Database } from '../database.ts';
import { GONE } from './changed.ts';
import type { Changed } from './changed.ts';
import { mailboxNumber } from './mailbox-row.ts';
import { prepareBlob } from './prepared-blob.ts';
import { mailboxKey, storeCopies } from './store-copies.ts';
import { writeBlobs } from './write-blobs.ts';

/** Stores messages in one mailbox, in the order given. */
export async function appendMessages(
  database: Database,
  mailbox: MailboxRef,
  messages: readonly NewMessage[],
): Promise<Changed<GivenUids | MailboxGone>> {
  const number = mailboxNumber(mailbox);
  const copies = messages.map((message) => ({
    accountId: mailbox.accountId,
    mailboxNumber: number,
    message,
    blob: prepareBlob(message),
  }));
  const store = async (connection: Connection): Promise<Changed<GivenUids>> => {
    await writeBlobs(
      connection,
      copies.map((copy) => copy.blob),
    );
    const taken = await storeCopies(connection, copies);
    const given = taken.get(mailboxKey(mailbox.accountId, number));
    if (given === undefined) throw new Gone('the mailbox is gone');
    const to = copies.map((_, i) => given.first_uid + i);
    return {
      result: { kind: 'ok', uidValidity: given.uid_validity, from: [], to },
      changed: [{ ...mailbox, modseq: given.modseq }],
    };
  };
  try {
    return await database.transaction(store);
  } catch (error) {
    if (error instanceof Gone) return GONE;
    throw error;
  }
}

/** Rolls the transaction back: its bodies have no message. */
class Gone extends Error {
  override readonly name = 'Gone';
}
