import type { Reader } from './reader.ts';
import { nameOf } from './topics.ts';
import type { KafkaPartition } from './topics.ts';

/** Marks a partition keeps at most: what lies between two is removed with the later one. */
const MARKS_MAX = 16;

interface Mark {
  readonly offset: number;
  readonly atMs: number;
}

interface Trimmed {
  readonly place: KafkaPartition;
  readonly marks: Mark[];
  latest: number;
  removed: number;
}

/** What will never be read again, and since when; it is kept a while for whoever wants to look. */
export class Trims {
  readonly #reader: Reader;
  readonly #keepMs: number;
  readonly #partitions = new Map<string, Trimmed>();

  constructor(reader: Reader, keepMs: number) {
    this.#reader = reader;
    this.#keepMs = keepMs;
  }

  trim(place: KafkaPartition, offset: number): void {
    const name = nameOf(place);
    const trimmed = this.#partitions.get(name) ?? { place, marks: [], latest: 0, removed: 0 };
    this.#partitions.set(name, trimmed);
    trimmed.latest = Math.max(trimmed.latest, offset);
    this.#mark(trimmed);
  }

  /** Removes what was trimmed long enough ago. */
  async tend(): Promise<void> {
    for (const trimmed of this.#partitions.values()) {
      this.#mark(trimmed);
      const due = trimmed.marks.filter(({ atMs }) => atMs + this.#keepMs <= Date.now()).at(-1);
      if (!due) continue;
      await this.#reader.deleteBefore(trimmed.place, due.offset);
      trimmed.removed = due.offset;
      trimmed.marks.splice(0, trimmed.marks.indexOf(due) + 1);
    }
  }

  #mark({ marks, latest, removed }: Trimmed): void {
    const last = marks.at(-1);
    if (latest <= (last?.offset ?? removed)) return;
    if (last && Date.now() - last.atMs < this.#keepMs / MARKS_MAX) return;
    marks.push({ offset: latest, atMs: Date.now() });
  }
}
