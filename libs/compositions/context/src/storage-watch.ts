import { statfs } from 'node:fs/promises';

const CHECK_MS = 1_000;

/** Marks below which no mail is taken; the smaller of the two counts. */
export interface StorageMarks {
  readonly minFreePercent: number;
  readonly minFreeBytes: number;
}

/** Looks each second whether the disks that mail is written to have room: neither PostgreSQL nor Kafka survives a full one. */
export class StorageWatch {
  readonly #folders: readonly string[];
  readonly #marks: StorageMarks;
  #timer: NodeJS.Timeout | undefined;
  #full = false;
  #freeBytes = Number.POSITIVE_INFINITY;

  constructor(folders: readonly string[], marks: StorageMarks) {
    this.#folders = folders;
    this.#marks = marks;
  }

  /** Whether the doors have to answer `452 4.3.1`. */
  get full(): boolean {
    return this.#full;
  }

  /** Free octets on the fullest of the disks, at the last look. */
  get freeBytes(): number {
    return this.#freeBytes;
  }

  async start(): Promise<void> {
    await this.#look();
    this.#timer = setInterval(() => void this.#look(), CHECK_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    let full = false;
    let least = Number.POSITIVE_INFINITY;
    for (const folder of this.#folders) {
      const { bavail, blocks, bsize } = await statfs(folder);
      const free = bavail * bsize;
      const mark = Math.min(
        (blocks * bsize * this.#marks.minFreePercent) / 100,
        this.#marks.minFreeBytes,
      );
      full ||= free < mark;
      least = Math.min(least, free);
    }
    this.#full = full;
    this.#freeBytes = least;
  }
}
