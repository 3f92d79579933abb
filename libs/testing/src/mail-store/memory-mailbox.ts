import type { Mailbox, MessageState, NewMessage, SpecialUse, UidRange } from '@staffetta/core';

/** A message as it lies in a MemoryMailbox. */
export interface MemoryMessage extends MessageState, Omit<NewMessage, 'flags'> {}

/** One mailbox of a MemoryMailStore. */
export class MemoryMailbox {
  readonly accountId: string;
  readonly mailboxId: string;
  readonly uidValidity: number;
  readonly specialUse: SpecialUse | undefined;
  name: string;
  modseq = 1;
  recentFromUid = 1;
  /** By UID, ascending. */
  readonly messages = new Map<number, MemoryMessage>();
  readonly vanished: { readonly uid: number; readonly modseq: number }[] = [];
  readonly watchers = new Set<() => void>();
  #uidNext = 1;

  constructor(accountId: string, number: number, name: string, specialUse: SpecialUse | undefined) {
    this.accountId = accountId;
    this.mailboxId = `m${number}`;
    this.uidValidity = number;
    this.name = name;
    this.specialUse = specialUse;
  }

  get uidNext(): number {
    return this.#uidNext;
  }

  describe(): Mailbox {
    const { accountId, mailboxId, name, specialUse, uidValidity, modseq, recentFromUid } = this;
    const all = [...this.messages.values()];
    return {
      ...{ accountId, mailboxId, name, specialUse, uidValidity, modseq, recentFromUid },
      uidNext: this.#uidNext,
      messages: all.length,
      unseen: all.filter((message) => !message.flags.includes('\\Seen')).length,
      sizeBytes: all.reduce((sum, message) => sum + messageSizeBytes(message), 0),
    };
  }

  within(uids: readonly UidRange[]): MemoryMessage[] {
    return [...this.messages.values()].filter(({ uid }) =>
      uids.some(({ first, last }) => first <= uid && uid <= last),
    );
  }

  /** Adds messages under one new modseq; returns their UIDs. */
  add(messages: readonly NewMessage[]): number[] {
    if (messages.length === 0) return [];
    this.modseq += 1;
    return messages.map((message) => {
      const uid = this.#uidNext++;
      this.messages.set(uid, { ...message, uid, modseq: this.modseq });
      return uid;
    });
  }

  /** Removes messages under one new modseq. */
  remove(uids: readonly number[]): void {
    if (uids.length === 0) return;
    this.modseq += 1;
    for (const uid of uids) {
      this.messages.delete(uid);
      this.vanished.push({ uid, modseq: this.modseq });
    }
  }

  notify(): void {
    for (const watcher of this.watchers) queueMicrotask(watcher);
  }
}

/** Octets of prefix and body. */
export function messageSizeBytes(message: MemoryMessage): number {
  return message.prefix.length + message.body.length;
}
