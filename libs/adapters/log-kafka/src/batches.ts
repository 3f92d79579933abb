import { laneOf } from '@staffetta/core';
import type { Append, LogRecord, MailEvent, Partition } from '@staffetta/core';
import type { Message } from './kafkajs-internals.ts';
import type { PartitionBatch } from './producer.ts';
import { encodeEvent, encodeRecord } from './record-codec.ts';
import { EVENT_LANES, nameOf } from './topics.ts';
import type { KafkaPartition, Topics } from './topics.ts';

/** Messages by the partition that they go to. */
export class Batches {
  readonly #topics: Topics;
  readonly #messages = new Map<string, KafkaPartition & { readonly messages: Message[] }>();

  constructor(topics: Topics) {
    this.#topics = topics;
  }

  get list(): readonly PartitionBatch[] {
    return [...this.#messages.values()];
  }

  /** What was just accepted needs no order: it goes to `acceptedLane`. The events travel with the record. */
  addRecord(record: LogRecord, acceptedLane: number, carried: readonly MailEvent[] = []): void {
    const partition = partitionOf(record, this.#topics, acceptedLane);
    this.#add(this.#topics.placeOf(partition), encodeRecord(record, carried));
  }

  addEvent(event: MailEvent): void {
    const partition = laneOf(event.messageId, EVENT_LANES);
    this.#add({ topic: this.#topics.events, partition }, encodeEvent(event));
  }

  #add(place: KafkaPartition, message: Message): void {
    const name = nameOf(place);
    const batch = this.#messages.get(name);
    if (batch) batch.messages.push(message);
    else this.#messages.set(name, { ...place, messages: [message] });
  }
}

/**
 * How an append is stored as a whole. `batch`: it goes to one partition, and a batch is stored whole; what was
 * accepted carries its events with it, for the pipe that reads it to pass on. Events alone need no more: those of one
 * message are in one partition, and each message's stand for themselves. Else it needs a `transaction`: also where
 * a record may turn out to be a repeat, which must not take the events of others with it.
 */
export function waysOf(append: Append, topics: Topics): 'batch' | 'transaction' {
  const { records, events } = append;
  const names = new Set(
    records.map((record) => nameOf(topics.placeOf(partitionOf(record, topics, 0)))),
  );
  if (names.size === 0) return 'batch';
  if (names.size > 1 || records.some(({ cause }) => cause !== undefined)) return 'transaction';
  return events.length === 0 || records[0]!.topic === 'accepted' ? 'batch' : 'transaction';
}

function partitionOf(
  { topic, key, envelope }: LogRecord,
  topics: Topics,
  acceptedLane: number,
): Partition {
  const lane = topic === 'accepted' ? acceptedLane : laneOf(key, topics.lanes[topic]);
  return { topic, lane, bulk: topic !== 'local' && envelope.bulk };
}
