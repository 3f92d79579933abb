import { createHash } from 'node:crypto';
import { DEFAULT_MAILBOXES, HEADER_COLUMN_MAX_BYTES, MAILBOXES_MAX } from '@staffetta/core';
import type {
  GivenUids,
  Mailbox,
  MailboxChanges,
  MailboxGone,
  MailboxRef,
  MailboxSnapshot,
  MailStore,
  MessageColumns,
  MessageRow,
  MessageState,
  NewMessage,
  Pop3Lock,
  SpecialUse,
  UidRange,
} from '@staffetta/core';
import { changedFlags } from './changed-flags.ts';
import { MemoryMailbox, messageSizeBytes } from './memory-mailbox.ts';
import type { MemoryMessage } from './memory-mailbox.ts';

const GONE: MailboxGone = { kind: 'gone' };
const EMPTY = Buffer.alloc(0);
const READ_MAX_BYTES = 1_048_576;

/** A MailStore in memory, for tests: what one process may share, and all is lost with it. */
export class MemoryMailStore implements MailStore {
  readonly #mailboxes = new Map<string, MemoryMailbox>();
  readonly #subscriptions = new Map<string, Set<string>>();
  readonly #bodies = new Map<string, Buffer>();
  readonly #locked = new Set<string>();
  #number = 0;

  async listMailboxes(accountId: string): Promise<readonly Mailbox[]> {
    return this.#of(accountId)
      .map((mailbox) => mailbox.describe())
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async findMailbox(accountId: string, name: string): Promise<Mailbox | undefined> {
    return this.#named(accountId, name)?.describe();
  }

  async createMailbox(
    accountId: string,
    name: string,
    specialUse?: SpecialUse,
  ): Promise<
    { readonly kind: 'ok'; readonly mailbox: Mailbox } | { readonly kind: 'exists' | 'limit' }
  > {
    if (this.#named(accountId, name) !== undefined) return { kind: 'exists' };
    if (this.#of(accountId).length + name.split('/').length > MAILBOXES_MAX) {
      return { kind: 'limit' };
    }
    this.#makeSuperiors(accountId, name);
    return { kind: 'ok', mailbox: this.#make(accountId, name, specialUse).describe() };
  }

  async deleteMailbox(ref: MailboxRef): Promise<{ readonly kind: 'ok' } | MailboxGone> {
    const mailbox = this.#mailboxes.get(ref.mailboxId);
    if (mailbox === undefined) return GONE;
    this.#mailboxes.delete(ref.mailboxId);
    mailbox.notify();
    return { kind: 'ok' };
  }

  async renameMailbox(
    ref: MailboxRef,
    name: string,
  ): Promise<{ readonly kind: 'ok' } | { readonly kind: 'exists' } | MailboxGone> {
    const mailbox = this.#mailboxes.get(ref.mailboxId);
    if (mailbox === undefined) return GONE;
    const old = mailbox.name;
    const moved = this.#of(ref.accountId).filter(
      (other) => old !== 'INBOX' && other.name.startsWith(`${old}/`),
    );
    const renamed = [name, ...moved.map((other) => name + other.name.slice(old.length))];
    if (renamed.some((other) => this.#named(ref.accountId, other))) return { kind: 'exists' };
    this.#makeSuperiors(ref.accountId, name);
    if (old === 'INBOX') {
      this.#move(mailbox, [{ first: 1, last: Infinity }], this.#make(ref.accountId, name));
    } else {
      for (const other of moved) other.name = name + other.name.slice(old.length);
      mailbox.name = name;
    }
    return { kind: 'ok' };
  }

  async listSubscriptions(accountId: string): Promise<readonly string[]> {
    this.#of(accountId);
    return [...(this.#subscriptions.get(accountId) ?? [])].sort();
  }

  async setSubscribed(accountId: string, name: string, subscribed: boolean): Promise<void> {
    this.#of(accountId);
    const names = this.#subscriptions.get(accountId);
    if (subscribed) names?.add(name);
    else names?.delete(name);
  }

  async select(ref: MailboxRef, readOnly: boolean): Promise<MailboxSnapshot | undefined> {
    const mailbox = this.#mailboxes.get(ref.mailboxId);
    if (mailbox === undefined) return undefined;
    const described = mailbox.describe();
    if (!readOnly) mailbox.recentFromUid = mailbox.uidNext;
    const unseen = [...mailbox.messages.values()].find((one) => !one.flags.includes('\\Seen'));
    return {
      mailbox: described,
      uids: Uint32Array.from(mailbox.messages.keys()),
      firstUnseenUid: unseen?.uid,
    };
  }

  async fetch(
    ref: MailboxRef,
    uids: readonly UidRange[],
    columns: MessageColumns,
    rowsMax: number,
  ): Promise<readonly MessageRow[]> {
    const found = this.#mailboxes.get(ref.mailboxId)?.within(uids) ?? [];
    return found.slice(0, rowsMax).map((message) => this.#row(message, columns));
  }

  async readBody(
    _accountId: string,
    bodyRef: string,
    offset: number,
    lengthBytes: number,
  ): Promise<Buffer> {
    const body = this.#bodies.get(bodyRef);
    if (body === undefined) throw new Error('no such body');
    return body.subarray(offset, offset + Math.min(lengthBytes, READ_MAX_BYTES));
  }

  async append(ref: MailboxRef, messages: readonly NewMessage[]): Promise<GivenUids | MailboxGone> {
    const mailbox = this.#mailboxes.get(ref.mailboxId);
    if (mailbox === undefined) return GONE;
    const to = mailbox.add(messages);
    mailbox.notify();
    return { kind: 'ok', uidValidity: mailbox.uidValidity, from: [], to };
  }

  async storeFlags(
    ref: MailboxRef,
    uids: readonly UidRange[],
    change: 'add' | 'remove' | 'set',
    flags: readonly string[],
    unchangedSince = Infinity,
  ): Promise<
    | {
        readonly kind: 'ok';
        readonly messages: readonly MessageState[];
        readonly unmodified: readonly number[];
        readonly modseq: number;
      }
    | MailboxGone
  > {
    const mailbox = this.#mailboxes.get(ref.mailboxId);
    if (mailbox === undefined) return GONE;
    const asked = mailbox.within(uids);
    const modseq = mailbox.modseq + 1;
    const unmodified = asked.filter((message) => message.modseq > unchangedSince);
    for (const message of asked) {
      const after = changedFlags(message.flags, change, flags);
      if (message.modseq > unchangedSince || after === undefined) continue;
      mailbox.messages.set(message.uid, { ...message, flags: after, modseq });
      mailbox.modseq = modseq;
    }
    mailbox.notify();
    return {
      kind: 'ok',
      messages: mailbox.within(uids).map(stateOf),
      unmodified: unmodified.map((message) => message.uid),
      modseq,
    };
  }

  async copy(
    from: MailboxRef,
    uids: readonly UidRange[],
    to: MailboxRef,
  ): Promise<GivenUids | MailboxGone> {
    const source = this.#mailboxes.get(from.mailboxId);
    const target = this.#mailboxes.get(to.mailboxId);
    if (source === undefined || target === undefined) return GONE;
    return this.#copy(source, uids, target);
  }

  async move(
    from: MailboxRef,
    uids: readonly UidRange[],
    to: MailboxRef,
  ): Promise<GivenUids | MailboxGone> {
    const source = this.#mailboxes.get(from.mailboxId);
    const target = this.#mailboxes.get(to.mailboxId);
    if (source === undefined || target === undefined) return GONE;
    return this.#move(source, uids, target);
  }

  async expunge(
    ref: MailboxRef,
    uids: readonly UidRange[],
    which: 'deleted' | 'any',
  ): Promise<{ readonly kind: 'ok'; readonly uids: readonly number[] } | MailboxGone> {
    const mailbox = this.#mailboxes.get(ref.mailboxId);
    if (mailbox === undefined) return GONE;
    const removed = mailbox
      .within(uids)
      .filter((message) => which === 'any' || message.flags.includes('\\Deleted'))
      .map((message) => message.uid);
    mailbox.remove(removed);
    mailbox.notify();
    return { kind: 'ok', uids: removed };
  }

  async changesSince(ref: MailboxRef, modseq: number): Promise<MailboxChanges> {
    const mailbox = this.#mailboxes.get(ref.mailboxId);
    if (mailbox === undefined) return GONE;
    return {
      kind: 'changes',
      vanished: mailbox.vanished
        .filter((one) => one.modseq > modseq)
        .map((one) => one.uid)
        .sort((a, b) => a - b),
      changed: [...mailbox.messages.values()].filter((one) => one.modseq > modseq).map(stateOf),
      modseq: mailbox.modseq,
      uidNext: mailbox.uidNext,
    };
  }

  watch(ref: MailboxRef, onChanged: () => void): () => void {
    const watchers = this.#mailboxes.get(ref.mailboxId)?.watchers;
    const watcher = (): void => {
      if (watchers?.has(watcher) === true) onChanged();
    };
    watchers?.add(watcher);
    return () => watchers?.delete(watcher);
  }

  async acquirePop3Lock(accountId: string): Promise<Pop3Lock | undefined> {
    if (this.#locked.has(accountId)) return undefined;
    this.#locked.add(accountId);
    return {
      onLost: () => {},
      release: async () => {
        this.#locked.delete(accountId);
      },
    };
  }

  #of(accountId: string): MemoryMailbox[] {
    if (!this.#subscriptions.has(accountId)) {
      const names = DEFAULT_MAILBOXES.map((mailbox) => mailbox.name);
      this.#subscriptions.set(accountId, new Set(names));
      for (const { name, specialUse } of DEFAULT_MAILBOXES) this.#make(accountId, name, specialUse);
    }
    return [...this.#mailboxes.values()].filter((mailbox) => mailbox.accountId === accountId);
  }

  #named(accountId: string, name: string): MemoryMailbox | undefined {
    return this.#of(accountId).find((mailbox) => mailbox.name === name);
  }

  #make(accountId: string, name: string, specialUse?: SpecialUse): MemoryMailbox {
    const mailbox = new MemoryMailbox(accountId, ++this.#number, name, specialUse);
    this.#mailboxes.set(mailbox.mailboxId, mailbox);
    return mailbox;
  }

  #makeSuperiors(accountId: string, name: string): void {
    const levels = name.split('/').slice(0, -1);
    for (let depth = 1; depth <= levels.length; depth++) {
      const superior = levels.slice(0, depth).join('/');
      if (this.#named(accountId, superior) === undefined) this.#make(accountId, superior);
    }
  }

  #copy(source: MemoryMailbox, uids: readonly UidRange[], target: MemoryMailbox): GivenUids {
    const asked = source.within(uids);
    const to = target.add(asked);
    target.notify();
    const from = asked.map((message) => message.uid);
    return { kind: 'ok', uidValidity: target.uidValidity, from, to };
  }

  #move(source: MemoryMailbox, uids: readonly UidRange[], target: MemoryMailbox): GivenUids {
    const given = this.#copy(source, uids, target);
    source.remove(given.from);
    source.notify();
    return given;
  }

  #row(message: MemoryMessage, columns: MessageColumns): MessageRow {
    const bodyRef = createHash('sha256').update(message.body).digest('hex');
    this.#bodies.set(bodyRef, message.body);
    const withHeader =
      columns.header === true && message.bodyHeaderBytes <= HEADER_COLUMN_MAX_BYTES;
    return {
      ...stateOf(message),
      internalDateMs: message.internalDateMs,
      sizeBytes: messageSizeBytes(message),
      endsWithCrlf: message.body.subarray(-2).toString('latin1') === '\r\n',
      structure: columns.structure === true ? message.structure : '',
      prefix: message.prefix,
      bodyHeader: withHeader ? message.body.subarray(0, message.bodyHeaderBytes) : EMPTY,
      bodyHeaderBytes: message.bodyHeaderBytes,
      bodyRef,
    };
  }
}

function stateOf({ uid, modseq, flags }: MemoryMessage): MessageState {
  return { uid, modseq, flags };
}
