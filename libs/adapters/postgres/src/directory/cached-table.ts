import { BatchLoader } from './batch-loader.ts';
import { LruCache } from './lru-cache.ts';

/** What is known of a key: a value, or that there is none. */
export interface Known<Value> {
  readonly value: Value | undefined;
}

/** Rows by key. Absent keys have a cache of their own, so that guesses do not push out what exists. */
export class CachedTable<Value> {
  readonly #present: LruCache<Known<Value>>;
  readonly #absent: LruCache<Known<Value>>;
  readonly #loader: BatchLoader<Known<Value>>;

  constructor(
    fetch: (keys: readonly string[]) => Promise<ReadonlyMap<string, Value>>,
    entriesMax: number,
  ) {
    this.#present = new LruCache(entriesMax);
    this.#absent = new LruCache(entriesMax);
    this.#loader = new BatchLoader(async (keys) => this.#keep(keys, await fetch(keys)), {
      value: undefined,
    });
  }

  /** What is kept of a key; undefined where it has to be asked. */
  cached(key: string): Known<Value> | undefined {
    return this.#present.get(key) ?? this.#absent.get(key);
  }

  /** Asks the database, and keeps the answer. */
  async load(key: string): Promise<Value | undefined> {
    return (await this.#loader.load(key)).value;
  }

  #keep(
    keys: readonly string[],
    found: ReadonlyMap<string, Value>,
  ): ReadonlyMap<string, Known<Value>> {
    const known = new Map<string, Known<Value>>();
    for (const key of keys) {
      const entry = { value: found.get(key) };
      known.set(key, entry);
      if (entry.value === undefined) {
        this.#present.delete(key);
        this.#absent.set(key, entry);
      } else {
        this.#absent.delete(key);
        this.#present.set(key, entry);
      }
    }
    return known;
  }
}
