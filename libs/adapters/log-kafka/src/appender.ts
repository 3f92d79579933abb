import { APPEND_DEADLINE_MS } from '@staffetta/core';
import type { Append } from '@staffetta/core';
import { AcceptedLanes } from './accepted-lanes.ts';
import { Batches, waysOf } from './batches.ts';
import { Producer } from './producer.ts';
import type { ProducerOptions } from './producer.ts';
import type { Topics } from './topics.ts';
import { within } from './within.ts';

const REOPEN_WAIT_MS = 500;

/** Writes groups of appends, one after the other, by a producer for batches and one for transactions. */
export class Appender {
  readonly #topics: Topics;
  readonly #acceptedLanes: AcceptedLanes;
  readonly #options: ProducerOptions & { readonly transactionalId: string };
  #batches: Producer | undefined;
  #transactions: Producer | undefined;
  #closed = false;

  constructor(topics: Topics, options: ProducerOptions & { readonly transactionalId: string }) {
    this.#topics = topics;
    this.#acceptedLanes = new AcceptedLanes(topics.lanes.accepted);
    this.#options = options;
  }

  /**
   * Each append is there as a whole when it resolves. When it rejects, each is there as a whole, or not at all, or
   * will be; the producers are thrown away.
   */
  async write(group: readonly Append[]): Promise<void> {
    const batches = new Batches(this.#topics);
    const transaction = new Batches(this.#topics);
    const acceptedLane = this.#acceptedLanes.next(group.length);
    for (const append of group) {
      if (waysOf(append, this.#topics) === 'batch') addWhole(batches, append, acceptedLane);
      else addApart(transaction, append, acceptedLane);
    }
    // Whoever appended has been refused by then; the producer may hang for longer.
    const writing = Promise.all([this.#send(batches), this.#transact(transaction)]);
    await within(APPEND_DEADLINE_MS, writing).catch((error: unknown) => {
      const mayBeOpen = this.#transactions !== undefined;
      this.#drop();
      if (mayBeOpen) this.#reopen();
      throw error;
    });
  }

  close(): void {
    this.#closed = true;
    this.#drop();
  }

  async #send({ list }: Batches): Promise<void> {
    if (list.length === 0) return;
    const { transactionalId: _, ...options } = this.#options;
    const producer = (this.#batches ??= new Producer(options));
    await producer.opened;
    await producer.send(list);
  }

  async #transact({ list }: Batches): Promise<void> {
    if (list.length === 0) return;
    const producer = (this.#transactions ??= new Producer(this.#options));
    await producer.opened;
    await producer.transact(list);
  }

  /** Ends what a transaction may have left open: readers wait for it, and the next one may be long in coming. */
  #reopen(): void {
    if (this.#closed || this.#transactions) return;
    const producer = new Producer(this.#options);
    this.#transactions = producer;
    producer.opened.catch(() => {
      if (this.#transactions === producer) this.#transactions = undefined;
      setTimeout(() => this.#reopen(), REOPEN_WAIT_MS).unref();
    });
  }

  #drop(): void {
    this.#batches?.close();
    this.#transactions?.close();
    this.#batches = undefined;
    this.#transactions = undefined;
  }
}

function addWhole(batches: Batches, { records, events }: Append, acceptedLane: number): void {
  for (const [index, record] of records.entries()) {
    batches.addRecord(record, acceptedLane, index === 0 ? events : []);
  }
  if (records.length === 0) for (const event of events) batches.addEvent(event);
}

/** What is told of a record that may be a repeat goes with it: one that is none of it was never told. */
function addApart(batches: Batches, { records, events }: Append, acceptedLane: number): void {
  const carriers = new Map(
    records
      .filter(({ topic, cause }) => topic === 'accepted' && cause !== undefined)
      .map((record) => [record.envelope.messageId, record]),
  );
  const carried = Map.groupBy(events, ({ messageId }) => carriers.get(messageId));
  for (const record of records) batches.addRecord(record, acceptedLane, carried.get(record));
  for (const event of carried.get(undefined) ?? []) batches.addEvent(event);
}
