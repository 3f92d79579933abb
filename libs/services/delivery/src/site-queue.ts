import { RANKS, rankOf } from './entry.ts';
import type { Entry } from './entry.ts';
import { Fifo } from './fifo.ts';
import type { OwnedLane } from './owned-lane.ts';
import type { SiteRate } from './site-rate.ts';

/** The ready queue of one site. */
export class SiteQueue {
  readonly site: string;
  /** The lane that its mail is in, as it was taken last. */
  lane: OwnedLane | undefined;
  /** Its limit of messages a second; absent without one. */
  rate: SiteRate | undefined;
  /** Wakes it when the limit lets more through. */
  rateTimer: NodeJS.Timeout | undefined;
  /** Connections open or being opened; one counts until its socket is closed. */
  connections = 0;
  /** Of those, sessions with a server. */
  open = 0;
  /** Its messages in memory: ready, or on the wire. */
  inMemory = 0;
  /** Octets of contents that were read to be sent. */
  heldBytes = 0;
  /** Nothing is started before this time: the site could not be reached. */
  downUntilMs = 0;
  /** Failures to reach it, one after the other. */
  failures = 0;
  lastReply = '';
  /** Wakes connections that wait for a message. */
  readonly waiters = new Set<() => void>();
  readonly #ranks = Array.from({ length: RANKS }, () => new Fifo<Entry>());
  #length = 0;
  #bulkLength = 0;

  constructor(site: string) {
    this.site = site;
  }

  get length(): number {
    return this.#length;
  }

  /** Entries of one class: bulk must not fill the queue for what is not. */
  lengthOf(bulk: boolean): number {
    return bulk ? this.#bulkLength : this.#length - this.#bulkLength;
  }

  push(entry: Entry): void {
    this.#ranks[rankOf(entry)]!.push(entry);
    this.#count(entry, 1);
  }

  /** Back to the front of its rank. */
  unshift(entry: Entry): void {
    this.#ranks[rankOf(entry)]!.unshift(entry);
    this.#count(entry, 1);
  }

  shift(): Entry | undefined {
    for (const rank of this.#ranks) {
      const entry = rank.shift();
      if (!entry) continue;
      this.#count(entry, -1);
      return entry;
    }
    return undefined;
  }

  /** Takes out all entries for which the test holds. */
  remove(test: (entry: Entry) => boolean): Entry[] {
    const removed: Entry[] = [];
    for (const rank of this.#ranks) removed.push(...rank.remove(test));
    for (const entry of removed) this.#count(entry, -1);
    return removed;
  }

  #count(entry: Entry, change: 1 | -1): void {
    this.#length += change;
    if (entry.envelope.bulk) this.#bulkLength += change;
  }
}
