import type { Mailbox, MailboxRef, SpecialUse } from '@staffetta/core';

/** Columns of `mailbox` that make a Mailbox. */
export const MAILBOX_COLUMNS = `mailbox.account_id, mailbox.id, mailbox.name, mailbox.special_use, mailbox.uid_validity,
  mailbox.uid_next, mailbox.modseq, mailbox.messages, mailbox.unseen, mailbox.size_bytes, mailbox.recent_from_uid`;

/** A row of `mailbox`. */
export interface MailboxRow {
  readonly account_id: string;
  readonly id: number;
  readonly name: string;
  readonly special_use: string | null;
  readonly uid_validity: number;
  readonly uid_next: number;
  readonly modseq: number;
  readonly messages: number;
  readonly unseen: number;
  readonly size_bytes: number;
  readonly recent_from_uid: number;
}

/** The row as the port shows it. */
export function mailboxOf(row: MailboxRow): Mailbox {
  return {
    accountId: row.account_id,
    mailboxId: String(row.id),
    name: row.name,
    specialUse: (row.special_use as SpecialUse | null) ?? undefined,
    uidValidity: row.uid_validity,
    uidNext: row.uid_next,
    modseq: row.modseq,
    messages: row.messages,
    unseen: row.unseen,
    sizeBytes: row.size_bytes,
    recentFromUid: row.recent_from_uid,
  };
}

/** The id of a mailbox in tables; one that is not ours names no row. */
export function mailboxNumber({ mailboxId }: MailboxRef): number {
  return /^\d{1,9}$/.test(mailboxId) ? Number(mailboxId) : 0;
}
