import type { CountedLog, CountedRecord, MailEvent, Partition } from '@staffetta/core';
import type { EventReader } from './event-reader.ts';
import type { Reader } from './reader.ts';
import type { RecordReader } from './record-reader.ts';
import { EVENT_LANES, nameOf } from './topics.ts';
import type { KafkaPartition, Topics } from './topics.ts';

/** What is stored and not committed is waited for: longer than a transaction may take. */
const COMMIT_WAIT_MS = 15_000;

/** The log as the ledger's check looks at it: to the end of what is stored, open transactions waited for. */
export class KafkaCountedLog implements CountedLog {
  readonly partitions: readonly Partition[];
  readonly eventLanes = EVENT_LANES;
  readonly #reader: Reader;
  readonly #topics: Topics;
  readonly #records: RecordReader;
  readonly #events: EventReader;

  constructor(reader: Reader, topics: Topics, records: RecordReader, events: EventReader) {
    this.#reader = reader;
    this.#topics = topics;
    this.#records = records;
    this.#events = events;
    this.partitions = topics.partitions();
  }

  async pipePositions(): Promise<ReadonlyMap<Partition, number>> {
    const accepted = this.partitions.filter(({ topic }) => topic === 'accepted');
    const places = accepted.map((partition) => this.#topics.placeOf(partition));
    const saved = await this.#reader.savedOffsets(this.#topics.pipeGroup, places);
    return new Map(
      accepted.map((partition, n) => [partition, (saved.get(nameOf(places[n]!)) ?? 0) + 1]),
    );
  }

  async ends(): Promise<ReadonlyMap<Partition, number>> {
    const places = this.partitions.map((partition) => this.#topics.placeOf(partition));
    const ends = await this.#ends(places);
    return new Map(this.partitions.map((one, n) => [one, ends.get(nameOf(places[n]!)) ?? 0]));
  }

  async *unread(positions: ReadonlyMap<Partition, number>): AsyncIterable<CountedRecord> {
    const ends = await this.#ends([...positions.keys()].map((one) => this.#topics.placeOf(one)));
    for (const [partition, position] of positions) {
      const place = this.#topics.placeOf(partition);
      yield* this.#pages(place, position, ends, async (from) => {
        const { records, nextPosition } = await this.#records.fetch(partition, from);
        return { found: records, nextPosition };
      });
    }
  }

  async *unreadEvents(positions: ReadonlyMap<number, number>): AsyncIterable<MailEvent> {
    const topic = this.#topics.events;
    const ends = await this.#ends([...positions.keys()].map((partition) => ({ topic, partition })));
    for (const [lane, position] of positions) {
      yield* this.#pages({ topic, partition: lane }, position, ends, async (from) => {
        const { events, nextPosition } = await this.#events.fetch(lane, from);
        return { found: events, nextPosition };
      });
    }
  }

  /** Where each partition ends now, with what is not committed yet. */
  #ends(places: readonly KafkaPartition[]): Promise<ReadonlyMap<string, number>> {
    const topics = new Map<string, number>();
    for (const { topic, partition } of places) {
      topics.set(topic, Math.max(topics.get(topic) ?? 0, partition + 1));
    }
    return this.#reader.ends(topics);
  }

  /** Page by page, until the end. */
  async *#pages<Found>(
    place: KafkaPartition,
    position: number,
    ends: ReadonlyMap<string, number>,
    read: (
      from: number,
    ) => Promise<{ readonly found: readonly Found[]; readonly nextPosition: number }>,
  ): AsyncIterable<Found> {
    const end = ends.get(nameOf(place));
    if (end === undefined) throw new Error(`${nameOf(place)} has no leader`);
    let untilMs = Date.now() + COMMIT_WAIT_MS;
    for (let from = position; from <= end;) {
      const { found, nextPosition } = await read(from);
      yield* found;
      if (nextPosition > from) untilMs = Date.now() + COMMIT_WAIT_MS;
      else if (Date.now() > untilMs) throw new Error(`${nameOf(place)}: a transaction stays open`);
      from = nextPosition;
    }
  }
}
