import type { MailEvent } from './event.ts';
import { LogUnavailable } from './ports/log.ts';
import type { LogRecord } from './ports/log.ts';

/** Until when an append is confirmed or refused. */
export const APPEND_DEADLINE_MS = 5_000;
/** What is written as one group at most. */
const GROUP_APPENDS_MAX = 500;
const GROUP_BYTES_MAX = 8 * 1024 * 1024;

/** What one call appends: all of it or nothing. */
export interface Append {
  readonly records: readonly LogRecord[];
  readonly events: readonly MailEvent[];
}

interface Waiting extends Append {
  readonly bytes: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
  readonly deadlineAtMs: number;
  /** Its deadline has passed. */
  refused: boolean;
}

/** Told after each group: how many appends it held, and how long it took in milliseconds. */
export type OnGroup = (appends: number, tookMs: number) => void;

/** Writes a group durably; rejects where any append of it may not be there. */
export type WriteGroup = (group: readonly Append[]) => Promise<unknown>;

/** Groups appends: while one group is being written, the next one fills. */
export class GroupAppend {
  readonly #write: WriteGroup;
  readonly #onGroup: OnGroup;
  /** In order of their deadlines, as the group under way before them. */
  #waiting: Waiting[] = [];
  #writingNow: readonly Waiting[] = [];
  #deadline: NodeJS.Timeout | undefined;
  #writing: Promise<void> | undefined;

  constructor(write: WriteGroup, onGroup: OnGroup) {
    this.#write = write;
    this.#onGroup = onGroup;
  }

  append(records: readonly LogRecord[], events: readonly MailEvent[]): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      let bytes = 0;
      for (const { body } of records) bytes += body.ref === undefined ? body.sizeBytes : 0;
      const deadlineAtMs = Date.now() + APPEND_DEADLINE_MS;
      this.#waiting.push({ records, events, bytes, resolve, reject, deadlineAtMs, refused: false });
      if (!this.#deadline) this.#watchDeadlines();
      this.#writing ??= this.#writeGroups();
    });
  }

  /** Resolves when nothing is being written. */
  async idle(): Promise<void> {
    while (this.#writing) await this.#writing;
  }

  async #writeGroups(): Promise<void> {
    // Appends of the same turn of the event loop go into the first group too.
    await new Promise(setImmediate);
    while (this.#waiting.length > 0) await this.#writeGroup(this.#nextGroup());
    this.#writing = undefined;
  }

  #nextGroup(): readonly Waiting[] {
    let count = 0;
    let bytes = 0;
    while (count < this.#waiting.length && count < GROUP_APPENDS_MAX) {
      bytes += this.#waiting[count]!.bytes;
      if (count > 0 && bytes > GROUP_BYTES_MAX) break;
      count += 1;
    }
    return this.#waiting.splice(0, count);
  }

  async #writeGroup(group: readonly Waiting[]): Promise<void> {
    const startedAtMs = Date.now();
    this.#writingNow = group;
    try {
      await this.#write(group);
      this.#onGroup(group.length, Date.now() - startedAtMs);
      for (const waiting of group) waiting.resolve();
    } catch (error) {
      const refused = new LogUnavailable('the log cannot be written', { cause: error });
      for (const waiting of group) waiting.reject(refused);
    } finally {
      this.#writingNow = [];
    }
  }

  /** Refuses what has waited for its deadline, written or not; what is still to be written never will be. */
  #watchDeadlines(): void {
    const first = this.#writingNow.find((waiting) => !waiting.refused) ?? this.#waiting[0];
    if (!first) {
      this.#deadline = undefined;
      return;
    }
    this.#deadline = setTimeout(
      () => {
        const now = Date.now();
        for (const waiting of [...this.#writingNow, ...this.#waiting]) {
          if (waiting.deadlineAtMs > now) break;
          waiting.refused = true;
          waiting.reject(new LogUnavailable('the log did not answer in time'));
        }
        this.#waiting = this.#waiting.filter((waiting) => !waiting.refused);
        this.#watchDeadlines();
      },
      Math.max(first.deadlineAtMs - Date.now(), 1),
    ).unref();
  }
}
