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

  async *unread(partition: Partition, position: number): AsyncIterable<CountedRecord> {
    const pages = this.#pages(this.#topics.placeOf(partition), position, async (from) => {
      const { records, nextPosition } = await this.#records.fetch(partition, from);
      return { found: records, nextPosition };
    });
    for await (const record of pages) yield record;
  }

  async *unreadEvents(lane: number, position: number): AsyncIterable<MailEvent> {
    const place = { topic: this.#topics.events, partition: lane };
    const pages = this.#pages(place, position, async (from) => {
      const { events, nextPosition } = await this.#events.read(lane, from);
      return { found: events, nextPosition };
    });
    for await (const event of pages) yield event;
  }

  /** Page by page, until the end that it has now. */
  async *#pages<Found>(
    place: KafkaPartition,
    position: number,
    read: (
      from: number,
    ) => Promise<{ readonly found: readonly Found[]; readonly nextPosition: number }>,
  ): AsyncIterable<Found> {
    const topics = new Map([[place.topic, place.partition + 1]]);
    const end = (await this.#reader.ends(topics, 'stored')).get(nameOf(place));
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
