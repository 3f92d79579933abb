/** Keys asked for in one statement. */
const BATCH_MAX = 500;

interface Waiter<Value> {
  readonly promise: Promise<Value>;
  readonly resolve: (value: Value) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Asks for many keys in one question: while one is under way, the next gathers. Who asks for a key that is being
 * asked for gets the same answer.
 */
export class BatchLoader<Value> {
  readonly #fetch: (keys: readonly string[]) => Promise<ReadonlyMap<string, Value>>;
  readonly #absent: Value;
  readonly #pending = new Map<string, Waiter<Value>>();
  #queue: string[] = [];
  #busy = false;

  /** `absent` is the answer for keys that `fetch` does not return. */
  constructor(
    fetch: (keys: readonly string[]) => Promise<ReadonlyMap<string, Value>>,
    absent: Value,
  ) {
    this.#fetch = fetch;
    this.#absent = absent;
  }

  load(key: string): Promise<Value> {
    const pending = this.#pending.get(key);
    if (pending) return pending.promise;
    const waiter = Promise.withResolvers<Value>();
    this.#pending.set(key, waiter);
    this.#queue.push(key);
    if (!this.#busy) void this.#run();
    return waiter.promise;
  }

  async #run(): Promise<void> {
    this.#busy = true;
    // What is asked for in the same turn goes into the first question too.
    await Promise.resolve();
    while (this.#queue.length > 0) {
      const keys = this.#queue.splice(0, BATCH_MAX);
      await this.#ask(keys);
    }
    this.#busy = false;
  }

  async #ask(keys: readonly string[]): Promise<void> {
    try {
      const found = await this.#fetch(keys);
      for (const key of keys) this.#take(key)?.resolve(found.get(key) ?? this.#absent);
    } catch (error) {
      for (const key of keys) this.#take(key)?.reject(error);
    }
  }

  #take(key: string): Waiter<Value> | undefined {
    const waiter = this.#pending.get(key);
    this.#pending.delete(key);
    return waiter;
  }
}
