import type { LaneLease, LogRecord, MailEvent, Partition } from '@staffetta/core';
import { AcceptedLanes } from './accepted-lanes.ts';
import { Batches } from './batches.ts';
import { Producer } from './producer.ts';
import type { PartitionBatch, ProducerOptions } from './producer.ts';
import type { Reader } from './reader.ts';
import { nameOf } from './topics.ts';
import type { KafkaPartition, Topics } from './topics.ts';

/** A position that is not written for days is forgotten (`offsets.retention.minutes`), of one idle lane too. */
const SAVE_AGAIN_MS = 6 * 3_600_000;

/** What a pipe writes. */
export interface PipedBatch {
  readonly records: readonly LogRecord[];
  readonly events: readonly MailEvent[];
  /** Where to read on. */
  readonly next: number;
}

/** What a pipe is opened with. */
export interface PipeOptions extends Omit<ProducerOptions, 'transactionalId'> {
  readonly reader: Reader;
  /** How long a position stands before it is written again; six hours where absent. */
  readonly saveAgainMs?: number | undefined;
}

/**
 * One partition under one lease. Its producer's name is the partition's: to open it fences whoever piped the
 * partition before and ends what he had open; only then the position is read, so that no batch goes through twice.
 */
export class Pipe {
  readonly lease: LaneLease;
  position: number;
  readonly #producer: Producer;
  readonly #topics: Topics;
  readonly #place: KafkaPartition;
  readonly #groupId: string;
  readonly #acceptedLanes: AcceptedLanes;
  readonly #saving: NodeJS.Timeout;
  /** The transaction under way: there is one at a time. */
  #turn: Promise<void> = Promise.resolve();

  private constructor(
    lease: LaneLease,
    producer: Producer,
    topics: Topics,
    saved: SavedPosition,
    saveAgainMs: number,
  ) {
    this.lease = lease;
    this.#producer = producer;
    this.#topics = topics;
    this.#acceptedLanes = new AcceptedLanes(topics.lanes.accepted);
    this.#place = saved.place;
    this.#groupId = saved.groupId;
    this.position = saved.position;
    this.#saving = setInterval(() => void this.#saveAgain(), saveAgainMs).unref();
  }

  static async open(
    lease: LaneLease,
    partition: Partition,
    topics: Topics,
    { reader, saveAgainMs = SAVE_AGAIN_MS, ...options }: PipeOptions,
  ): Promise<Pipe> {
    const place = topics.placeOf(partition);
    const transactionalId = `${topics.prefix}.pipe.${nameOf(place)}`;
    const groupId = topics.pipeGroup;
    const producer = new Producer({ ...options, transactionalId });
    try {
      await producer.opened;
      const saved = await producer.savedOffset(groupId, place);
      const position = (saved ?? (await firstUnread(reader, place))) + 1;
      const pipe = new Pipe(lease, producer, topics, { place, groupId, position }, saveAgainMs);
      // The ledger's check counts from there too.
      if (saved === undefined && position > 1) await pipe.#transact([], position);
      return pipe;
    } catch (error) {
      producer.close();
      throw error;
    }
  }

  isUnder({ owner, epoch }: LaneLease): boolean {
    return this.lease.owner === owner && this.lease.epoch === epoch;
  }

  /** One step: results, events and position. Afterwards it must be closed if it rejects. */
  async write({ records, events, next }: PipedBatch): Promise<void> {
    const batches = new Batches(this.#topics);
    const acceptedLane = this.#acceptedLanes.next(records.length);
    for (const record of records) batches.addRecord(record, acceptedLane);
    for (const event of events) batches.addEvent(event);
    await this.#inTurn(async () => {
      await this.#transact(batches.list, next);
      this.position = next;
    });
  }

  close(): void {
    clearInterval(this.#saving);
    this.#producer.close();
  }

  /** Whoever fails here is of no use any more, as the next write finds. */
  async #saveAgain(): Promise<void> {
    await this.#inTurn(() => this.#transact([], this.position)).catch(() => this.close());
  }

  #transact(batches: readonly PartitionBatch[], next: number): Promise<void> {
    const position = { ...this.#place, offset: next - 1, groupId: this.#groupId };
    return this.#producer.transact(batches, position);
  }

  #inTurn(step: () => Promise<void>): Promise<void> {
    const taken = this.#turn.then(step);
    this.#turn = taken.catch(() => undefined);
    return taken;
  }
}

/** Where no position is saved: behind all, where nothing is left to pipe, for who forgot it had seen all of it. */
async function firstUnread(reader: Reader, place: KafkaPartition): Promise<number> {
  const { messages, nextOffset } = await reader.read(place, await reader.begin(place), 1);
  return messages.length === 0 ? nextOffset : 0;
}

interface SavedPosition {
  readonly place: KafkaPartition;
  readonly groupId: string;
  readonly position: number;
}
