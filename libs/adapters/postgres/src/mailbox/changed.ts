import type { MailboxGone, MailboxRef } from '@staffetta/core';

/** A mailbox that changed, with the modseq it has now; `undefined` where it was removed. */
export interface ChangedMailbox extends MailboxRef {
  readonly modseq: number | undefined;
}

/** What a step answers, and which mailboxes it changed: to be told once it is visible. */
export interface Changed<Result> {
  readonly result: Result;
  readonly changed: readonly ChangedMailbox[];
}

/** Nothing was done: the mailbox is not there. */
export const GONE: Changed<MailboxGone> = { result: { kind: 'gone' }, changed: [] };
