import type { LaneLease, LogRecord, MailEvent, Partition } from '@staffetta/core';
import { AcceptedLanes } from './accepted-lanes.ts';
import { Batches } from './batches.ts';
import { Producer } from './producer.ts';
import type { ProducerOptions } from './producer.ts';
import { nameOf } from './topics.ts';
import type { KafkaPartition, Topics } from './topics.ts';

/** What a pipe writes. */
export interface PipedBatch {
  readonly records: readonly LogRecord[];
  readonly events: readonly MailEvent[];
  /** Where to read on. */
  readonly next: number;
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

  private constructor(lease: LaneLease, producer: Producer, topics: Topics, saved: SavedPosition) {
    this.lease = lease;
    this.#producer = producer;
    this.#topics = topics;
    this.#acceptedLanes = new AcceptedLanes(topics.lanes.accepted);
    this.#place = saved.place;
    this.#groupId = saved.groupId;
    this.position = saved.position;
  }

  static async open(
    lease: LaneLease,
    partition: Partition,
    topics: Topics,
    options: Omit<ProducerOptions, 'transactionalId'>,
  ): Promise<Pipe> {
    const place = topics.placeOf(partition);
    const transactionalId = `${topics.prefix}.pipe.${nameOf(place)}`;
    const groupId = topics.pipeGroup;
    const producer = new Producer({ ...options, transactionalId });
    try {
      await producer.opened;
      const offset = await producer.savedOffset(groupId, place);
      return new Pipe(lease, producer, topics, { place, groupId, position: (offset ?? 0) + 1 });
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
    const { topic, partition } = this.#place;
    const offset = next - 1;
    await this.#producer.transact(batches.list, {
      topic,
      partition,
      offset,
      groupId: this.#groupId,
    });
    this.position = next;
  }

  close(): void {
    this.#producer.close();
  }
}

interface SavedPosition {
  readonly place: KafkaPartition;
  readonly groupId: string;
  readonly position: number;
}
