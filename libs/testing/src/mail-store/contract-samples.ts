import assert from 'node:assert/strict';
import type { GivenUids, Mailbox, MailboxGone, MailStore, NewMessage } from '@staffetta/core';

/** What a contract runs against: two views of one store (two processes, where it has such). */
export interface MadeMailStore {
  readonly store: MailStore;
  readonly other: MailStore;
  stop(): Promise<void>;
}

/** Every UID. */
export const ALL = [{ first: 1, last: 0xffff_ffff }];
/** Of each sample message. */
export const HEADER = 'Subject: x\r\n\r\n';

/** A message with this text. */
export function sampleMessage(text: string, flags: readonly string[] = []): NewMessage {
  return {
    prefix: Buffer.from('Delivered-To: a@example.com\r\n'),
    body: Buffer.from(`${HEADER}${text}\r\n`),
    bodyHeaderBytes: HEADER.length,
    structure: `{"about":"${text}"}`,
    flags,
    internalDateMs: 1_700_000_000_000,
  };
}

/** Runs a check on a store, with an account of its own. */
export type Check = (
  title: string,
  body: (made: MadeMailStore, accountId: string, inbox: Mailbox) => Promise<void>,
) => void;

/** The mailbox of that name, which must be there. */
export async function named(store: MailStore, accountId: string, name: string): Promise<Mailbox> {
  const mailbox = await store.findMailbox(accountId, name);
  assert.ok(mailbox !== undefined, `no mailbox ${name}`);
  return mailbox;
}

/** What an append, copy or move gave, which must have worked. */
export function given(result: GivenUids | MailboxGone): GivenUids {
  assert.equal(result.kind, 'ok');
  return result;
}

/** The UIDs in a mailbox. */
export async function uidsOf(store: MailStore, mailbox: Mailbox): Promise<number[]> {
  return [...((await store.select(mailbox, true))?.uids ?? [])];
}
