import { LogUnavailable, PositionGone, laneOf } from '@staffetta/core';
import type {
  Body,
  LaneLease,
  Log,
  LogRecord,
  MailEvent,
  Partition,
  PipeResult,
  StoredRecord,
  Topic,
} from '@staffetta/core';
import { MemoryBodies } from './memory-bodies.ts';
import { MemoryLanes } from './memory-lanes.ts';

const DEFAULT_LANES: Readonly<Record<Topic, number>> = { accepted: 1, outbound: 4, local: 1 };

interface Sequence {
  /** Position of the first record kept. */
  first: number;
  readonly records: StoredRecord[];
}

/** The log in memory, for tests: as durable as its process. */
export class MemoryLog implements Log {
  readonly lanesOf: Readonly<Record<Topic, number>>;
  readonly lanes: MemoryLanes;
  /** Every event that was appended, in order. */
  readonly events: MailEvent[] = [];
  /** While true, appends are refused as by a log that is away. */
  unavailable = false;
  readonly #bodies = new MemoryBodies();
  readonly #sequences = new Map<string, Sequence>();
  readonly #watchers = new Map<Topic, Set<(partition: Partition) => void>>();

  constructor(
    lanesOf: Readonly<Record<Topic, number>> = DEFAULT_LANES,
    lanes = new MemoryLanes(lanesOf),
  ) {
    this.lanesOf = lanesOf;
    this.lanes = lanes;
  }

  async append(records: readonly LogRecord[], events: readonly MailEvent[]): Promise<void> {
    if (this.unavailable) throw new LogUnavailable('the log is away');
    this.#append(records, events);
  }

  read(
    partition: Partition,
    position: number,
    limits: { readonly recordsMax: number; readonly bytesMax: number },
  ): Promise<readonly StoredRecord[]> {
    const { first, records } = this.#sequence(partition);
    if (position < first)
      return Promise.reject(new PositionGone(`position ${position} was trimmed`));
    const batch: StoredRecord[] = [];
    let bytes = 0;
    for (let i = position - first; i < records.length && batch.length < limits.recordsMax; i += 1) {
      const record = records[i]!;
      bytes += record.body.sizeBytes;
      if (batch.length > 0 && bytes > limits.bytesMax) break;
      batch.push(record);
    }
    return Promise.resolve(batch);
  }

  watch(topic: Topic, onAppended: (partition: Partition) => void): () => void {
    const watchers = this.#watchers.get(topic) ?? new Set();
    this.#watchers.set(topic, watchers.add(onAppended));
    return () => watchers.delete(onAppended);
  }

  trim(partition: Partition, position: number): void {
    const sequence = this.#sequence(partition);
    const removed = Math.min(position - sequence.first, sequence.records.length);
    if (removed <= 0) return;
    const gone = sequence.records.splice(0, removed);
    sequence.first += removed;
    this.#bodies.release(gone, this.#allRecords());
  }

  async pipe(
    lease: LaneLease,
    bulk: boolean,
    recordsMax: number,
    transform: (records: readonly StoredRecord[]) => Promise<PipeResult>,
  ): Promise<number | 'lost'> {
    if (!this.lanes.holds(lease)) return 'lost';
    const before = this.lanes.positions(lease.topic, lease.lane);
    const { position } = bulk ? before.bulk : before.normal;
    const limits = { recordsMax, bytesMax: Number.MAX_SAFE_INTEGER };
    const records = await this.read(
      { topic: lease.topic, lane: lease.lane, bulk },
      position,
      limits,
    );
    if (records.length === 0) return 0;
    const result = await transform(records);
    if (!this.lanes.holds(lease)) return 'lost';
    if (this.unavailable) throw new LogUnavailable('the log is away');
    this.#append(result.records, result.events);
    const after = { position: position + records.length, settled: Buffer.alloc(0) };
    const now = this.lanes.positions(lease.topic, lease.lane);
    this.lanes.save(lease, bulk ? now.normal : after, bulk ? after : now.bulk);
    return records.length;
  }

  async readBody(body: Body): Promise<Buffer> {
    return this.#bodies.read(body);
  }

  bodyChunks(body: Body): AsyncIterable<Buffer> {
    return this.#bodies.chunks(body);
  }

  /** Everything kept of a topic, both classes, by lane. */
  recordsOf(topic: Topic): readonly StoredRecord[] {
    return this.#allRecords().filter((record) => record.topic === topic);
  }

  #allRecords(): readonly StoredRecord[] {
    return [...this.#sequences.values()].flatMap(({ records }) => records);
  }

  #append(records: readonly LogRecord[], events: readonly MailEvent[]): void {
    const touched = new Map<string, Partition>();
    for (const record of this.#bodies.place(records)) {
      const lane = laneOf(record.key, this.lanesOf[record.topic]);
      const partition = {
        topic: record.topic,
        lane,
        bulk: record.topic !== 'local' && record.envelope.bulk,
      };
      const { first, records: kept } = this.#sequence(partition);
      kept.push({ ...record, partition, position: first + kept.length });
      touched.set(nameOf(partition), partition);
    }
    this.events.push(...events);
    for (const partition of touched.values()) {
      for (const watcher of this.#watchers.get(partition.topic) ?? [])
        queueMicrotask(() => watcher(partition));
    }
  }

  #sequence(partition: Partition): Sequence {
    const name = nameOf(partition);
    let sequence = this.#sequences.get(name);
    if (!sequence) {
      sequence = { first: 1, records: [] };
      this.#sequences.set(name, sequence);
    }
    return sequence;
  }
}

function nameOf({ topic, lane, bulk }: Partition): string {
  return `${topic} ${lane} ${bulk}`;
}
