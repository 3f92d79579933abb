import type { Partition, StoredRecord, Topic } from '@staffetta/core';
import type { Database } from '../database.ts';
import { partitionNumber, partitionOf } from './partitions.ts';

/** How often readers look whether another process appended. */
const POLL_MS = 250;
/** A process tells others of its appends at most this often. */
const NOTIFY_MS = 10;
const CHANNEL = 'log_appended';

/** Wakes readers: at once for appends of this process, by notice or by looking for those of others. */
export class Watchers {
  readonly #database: Database;
  readonly #callbacks = new Map<Topic, Set<(partition: Partition) => void>>();
  /** The end of each partition, as far as it is known here: what others append is seen at the next look. */
  readonly #ends = new Map<number, number>();
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #listener: Awaited<ReturnType<Database['dedicated']>> | undefined;
  #connecting = false;
  #notifyTimer: NodeJS.Timeout | undefined;
  #closed = false;
  #alone = false;

  constructor(database: Database) {
    this.#database = database;
  }

  watch(topic: Topic, onAppended: (partition: Partition) => void): () => void {
    const callbacks = this.#callbacks.get(topic) ?? new Set();
    this.#callbacks.set(topic, callbacks);
    callbacks.add(onAppended);
    this.#timer ??= setInterval(() => void this.#look(), POLL_MS);
    void this.#listen();
    return () => callbacks.delete(onAppended);
  }

  /** Whether there is nobody else to be told of appends; a process that comes looks by itself at first. */
  set alone(alone: boolean) {
    this.#alone = alone;
  }

  isWatched(topic: Topic): boolean {
    return (this.#callbacks.get(topic)?.size ?? 0) > 0;
  }

  /** Whether nothing can be there from the position on, as far as this process knows. */
  isAtEnd(number: number, position: number): boolean {
    return position >= (this.#ends.get(number) ?? Number.POSITIVE_INFINITY);
  }

  /** A reader found the end of a partition there. */
  foundEnd(number: number, next: number): void {
    this.#ends.set(number, Math.max(next, this.#ends.get(number) ?? 0));
  }

  /** This process appended. */
  appended(records: readonly StoredRecord[]): void {
    const partitions = new Map<number, Partition>();
    for (const { partition, position } of records) {
      const number = partitionNumber(partition);
      partitions.set(number, partition);
      this.foundEnd(number, position + 1);
    }
    for (const partition of partitions.values()) this.#wake(partition);
    void this.#listen();
    if (!this.#alone) this.#notifyTimer ??= setTimeout(() => void this.#notify(), NOTIFY_MS);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#timer);
    clearTimeout(this.#notifyTimer);
    await this.#looking;
    await this.#listener?.end().catch(() => undefined);
  }

  #wake(partition: Partition): void {
    for (const callback of this.#callbacks.get(partition.topic) ?? []) callback(partition);
  }

  /** Compares the known ends with the table; on errors the next look comes by itself. */
  #look(): Promise<void> {
    this.#looking ??= this.#lookOnce()
      .catch(() => undefined)
      .finally(() => {
        this.#looking = undefined;
      });
    return this.#looking;
  }

  async #lookOnce(): Promise<void> {
    if (this.#ends.size === 0 || this.#closed) return;
    const rows = await this.#database.query<{ id: number }>(
      `select log_partition.id from log_partition
       join unnest($1::int[], $2::bigint[]) as known (id, next) on known.id = log_partition.id
       where log_partition.next > known.next`,
      [[...this.#ends.keys()], [...this.#ends.values()]],
    );
    for (const { id } of rows) {
      this.#ends.delete(id);
      this.#wake(partitionOf(id));
    }
  }

  async #notify(): Promise<void> {
    // The next notice waits until this one is through: one at a time on the connection.
    await this.#listener?.query(`notify ${CHANNEL}`).catch(() => undefined);
    this.#notifyTimer = undefined;
  }

  /** Listens on a connection of its own, and again whenever that broke. */
  async #listen(): Promise<void> {
    if (this.#listener || this.#connecting || this.#closed) return;
    this.#connecting = true;
    try {
      const client = await this.#database.dedicated();
      this.#listener = client;
      const again = (): void => {
        if (this.#listener !== client) return;
        this.#listener = undefined;
        if (!this.#closed) setTimeout(() => void this.#listen(), POLL_MS * 4).unref();
      };
      const ownProcess = (client as unknown as { processID: number }).processID;
      client.on('error', again);
      client.on('end', again);
      client.on('notification', ({ processId }) => {
        if (processId !== ownProcess) void this.#look();
      });
      await client.query(`listen ${CHANNEL}`);
    } catch {
      this.#listener = undefined;
      if (!this.#closed) setTimeout(() => void this.#listen(), POLL_MS * 4).unref();
    } finally {
      this.#connecting = false;
      if (this.#closed) await this.#listener?.end().catch(() => undefined);
    }
  }
}
