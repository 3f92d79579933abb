import type { Mailbox, MailStore, MessageState, UidRange } from '@staffetta/core';
import { greatestNumber, ImapSyntaxError, resolveSet } from '@staffetta/imap';
import type { SequenceSet } from '@staffetta/imap';
import type { ClientStream } from '../client-stream.ts';
import { SequenceNumbers } from './sequence-numbers.ts';

/** Rows asked for at once where a mailbox has to be compared anew. */
const RESYNC_ROWS_MAX = 1_000;

/** The mailbox a session has open, as the client knows it: what changed elsewhere is told by `sync`. */
export class SelectedMailbox {
  readonly mailbox: Mailbox;
  readonly readOnly: boolean;
  readonly numbers: SequenceNumbers;
  readonly firstUnseenUid: number | undefined;
  /** Called when something changed, or may have. */
  onChanged: (() => void) | undefined;

  readonly #store: MailStore;
  readonly #stopWatching: () => void;
  readonly #ownModseqs = new Set<number>();
  #vanished: number[] = [];
  #modseq: number;
  #changed = false;

  private constructor(
    store: MailStore,
    opened: { mailbox: Mailbox; uids: Uint32Array; firstUnseenUid: number | undefined },
    readOnly: boolean,
    watch: (onChanged: () => void) => () => void,
  ) {
    this.#store = store;
    this.mailbox = opened.mailbox;
    this.#modseq = opened.mailbox.modseq;
    this.numbers = new SequenceNumbers(opened.uids);
    this.firstUnseenUid = opened.firstUnseenUid;
    this.readOnly = readOnly;
    this.#stopWatching = watch(() => {
      this.#changed = true;
      this.onChanged?.();
    });
  }

  /** Opens it; undefined where it is gone. */
  static async open(
    store: MailStore,
    mailbox: Mailbox,
    readOnly: boolean,
  ): Promise<SelectedMailbox | undefined> {
    const snapshot = await store.select(mailbox, readOnly);
    if (snapshot === undefined) return undefined;
    const selected = new SelectedMailbox(store, snapshot, readOnly, (onChanged) =>
      store.watch(mailbox, onChanged),
    );
    // What happened between the snapshot and the watch.
    selected.#changed = true;
    return selected;
  }

  close(): void {
    this.onChanged = undefined;
    this.#stopWatching();
  }

  /** `\Recent` messages the client knows. */
  get recent(): number {
    return this.numbers.count + 1 - this.numbers.firstNumberFrom(this.mailbox.recentFromUid);
  }

  /** A change by this session: the client knows of it, or has been told. */
  noteOwnChange(modseq: number): void {
    this.#ownModseqs.add(modseq);
  }

  /** UIDs of the messages named; throws an ImapSyntaxError where numbers are named that there are not. */
  rangesOf(set: SequenceSet, byUid: boolean): UidRange[] {
    const { count } = this.numbers;
    if (!byUid && (count === 0 || greatestNumber(set) > count)) {
      throw new ImapSyntaxError('No such message number');
    }
    return this.knownRangesOf(set, byUid);
  }

  /** UIDs of those of the messages named that there are. */
  knownRangesOf(set: SequenceSet, byUid: boolean): UidRange[] {
    const { count, lastUid } = this.numbers;
    if (byUid) return resolveSet(set, lastUid);
    return resolveSet(set, count).map(({ first, last }) => ({
      first: this.numbers.uidOf(first),
      last: this.numbers.uidOf(last),
    }));
  }

  /** The ranges cut into pieces of at most so many known messages each. */
  *pieces(ranges: readonly UidRange[], messagesMax: number): Generator<UidRange[]> {
    let piece: UidRange[] = [];
    let room = messagesMax;
    for (const range of ranges) {
      let from = this.numbers.firstNumberFrom(range.first);
      const end = this.numbers.firstNumberFrom(range.last + 1);
      while (from < end) {
        const to = Math.min(end, from + room);
        piece.push({ first: this.numbers.uidOf(from), last: this.numbers.uidOf(to - 1) });
        room -= to - from;
        from = to;
        if (room > 0) continue;
        yield piece;
        piece = [];
        room = messagesMax;
      }
    }
    if (piece.length > 0) yield piece;
  }

  /** Known messages in the ranges, which do not overlap. */
  countOf(ranges: readonly UidRange[]): number {
    const from = (uid: number): number => this.numbers.firstNumberFrom(uid);
    return ranges.reduce((sum, { first, last }) => sum + from(last + 1) - from(first), 0);
  }

  /** Flags as the client sees them. */
  formatFlags({ uid, flags }: Pick<MessageState, 'uid' | 'flags'>): string {
    const recent = uid >= this.mailbox.recentFromUid ? ['\\Recent'] : [];
    return `FLAGS (${[...flags, ...recent].join(' ')})`;
  }

  /**
   * Tells the client what changed: messages that went (only where `expunge` allows it, RFC 3501 §7.4.1), that came,
   * and flags. Asks the store only where something may have changed, or always. False: the mailbox is gone.
   */
  async sync(client: ClientStream, expunge: boolean, always: boolean): Promise<boolean> {
    if (!this.#changed && !always && !(expunge && this.#vanished.length > 0)) return true;
    this.#changed = false;
    const own = new Set(this.#ownModseqs);
    let changes;
    try {
      changes = await this.#changes();
    } catch (error) {
      this.#changed = true;
      throw error;
    }
    if (changes === undefined) return false;
    for (const modseq of own) this.#ownModseqs.delete(modseq);
    this.#vanished = [...this.#vanished, ...changes.vanished];
    if (expunge) this.#tellVanished(client);
    const lastUid = this.numbers.lastUid;
    const added = changes.changed.filter((message) => message.uid > lastUid);
    if (added.length > 0) {
      this.numbers.append(added.map((message) => message.uid));
      client.write(`* ${this.numbers.count} EXISTS\r\n* ${this.recent} RECENT\r\n`);
    }
    for (const message of changes.changed) {
      const isNews = message.uid <= lastUid && !own.has(message.modseq);
      const number = isNews ? this.numbers.numberOf(message.uid) : undefined;
      if (number === undefined) continue;
      client.write(`* ${number} FETCH (UID ${message.uid} ${this.formatFlags(message)})\r\n`);
      await client.drained();
    }
    return true;
  }

  #tellVanished(client: ClientStream): void {
    const numbers = this.numbers.remove(this.#vanished.sort((a, b) => a - b));
    this.#vanished = [];
    for (const number of numbers) client.write(`* ${number} EXPUNGE\r\n`);
  }

  async #changes(): Promise<
    { readonly vanished: readonly number[]; readonly changed: readonly MessageState[] } | undefined
  > {
    const changes = await this.#store.changesSince(this.mailbox, this.#modseq);
    if (changes.kind === 'gone') return undefined;
    if (changes.kind === 'too-old') return this.#compare();
    this.#modseq = changes.modseq;
    const vanished = changes.vanished.filter((uid) => this.numbers.numberOf(uid) !== undefined);
    return { vanished, changed: changes.changed };
  }

  /** Finds out by comparing with what is there now; all flags count as changed. */
  async #compare(): Promise<
    { readonly vanished: readonly number[]; readonly changed: readonly MessageState[] } | undefined
  > {
    const snapshot = await this.#store.select(this.mailbox, true);
    if (snapshot === undefined) return undefined;
    this.#modseq = snapshot.mailbox.modseq;
    const present = new Set(snapshot.uids);
    const vanished = [...this.numbers].filter((uid) => !present.has(uid));
    const changed: MessageState[] = [];
    for (let first = 1; ;) {
      const ranges = [{ first, last: snapshot.mailbox.uidNext - 1 }];
      const rows = await this.#store.fetch(this.mailbox, ranges, {}, RESYNC_ROWS_MAX);
      changed.push(...rows.map(({ uid, modseq, flags }) => ({ uid, modseq, flags })));
      first = (rows.at(-1)?.uid ?? 0) + 1;
      if (rows.length < RESYNC_ROWS_MAX) return { vanished, changed };
    }
  }
}
