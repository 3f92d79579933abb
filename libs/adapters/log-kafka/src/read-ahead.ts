import type { ReadRecord } from './record-codec.ts';

/** Octets of records that were fetched with others and not yet asked for. */
const BYTES_MAX = 64 * 1024 * 1024;
const RECORD_OVERHEAD_BYTES = 1_000;

interface Ahead {
  /** The position to which the records, in order, belong: all that is there from it on. */
  readonly position: number;
  readonly records: readonly ReadRecord[];
  /** Where to read on after them. */
  readonly nextPosition: number;
  readonly bytes: number;
}

/** Keeps what a fetch brought beyond what was asked for, of each partition, for the read that goes on from there. */
export class ReadAhead {
  readonly #partitions = new Map<string, Ahead>();
  #bytes = 0;

  put(name: string, position: number, records: readonly ReadRecord[], nextPosition: number): void {
    this.#drop(name);
    let bytes = RECORD_OVERHEAD_BYTES;
    for (const { body } of records) bytes += (body.bytes?.length ?? 0) + RECORD_OVERHEAD_BYTES;
    if (bytes > BYTES_MAX) return;
    // First in the map is what was put there longest ago.
    for (const oldest of this.#partitions.keys()) {
      if (this.#bytes + bytes <= BYTES_MAX) break;
      this.#drop(oldest);
    }
    this.#partitions.set(name, { position, records, nextPosition, bytes });
    this.#bytes += bytes;
  }

  /** What is kept for exactly this position; it is forgotten here. */
  take(name: string, position: number): Omit<Ahead, 'bytes'> | undefined {
    const ahead = this.#partitions.get(name);
    if (ahead?.position !== position) return undefined;
    this.#drop(name);
    return ahead;
  }

  #drop(name: string): void {
    const ahead = this.#partitions.get(name);
    if (!ahead) return;
    this.#partitions.delete(name);
    this.#bytes -= ahead.bytes;
  }
}
