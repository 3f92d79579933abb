import type { Body } from '../body.ts';
import type { Envelope } from '../envelope.ts';
import type { MailEvent } from '../event.ts';
import type { LaneLease } from './lanes.ts';

/** The three logs that mail moves on. `accepted` and `outbound` exist twice: bulk, and everything else. */
export type Topic = 'accepted' | 'outbound' | 'local';

/** One ordered sequence of records. */
export interface Partition {
  readonly topic: Topic;
  readonly lane: number;
  readonly bulk: boolean;
}

/** A record to append: the message's content is the value, the envelope stands beside it. */
export interface LogRecord {
  readonly topic: Topic;
  /** Orders and places the record: the same key is always in the same lane. */
  readonly key: string;
  readonly envelope: Envelope;
  readonly body: Body;
  /**
   * What it follows from, where that could happen twice: a log whose appends are not part of the transaction of their
   * cause gives readers the first record of a cause only. Absent where each record stands for itself.
   */
  readonly cause?: string;
}

/** A record that is durable at a position. */
export interface StoredRecord extends LogRecord {
  readonly partition: Partition;
  /** Grows within a partition, from 1; there may be gaps. The next record is read from the position after it. */
  readonly position: number;
}

/** What a pipe makes of a batch: records that go on, and the events that tell what happened. */
export interface PipeResult {
  readonly records: readonly LogRecord[];
  readonly events: readonly MailEvent[];
}

/** The durable log (see docs/architecture.md). Positions, ownership and settlement are not its business. */
export interface Log {
  /**
   * Resolves when the records are durable and the events are sure to reach the trace; all of them or none (of events
   * alone: all or none of each message).
   * Appends that come while one is being written are written together. Rejects with a LogUnavailable after 5 s.
   */
  append(records: readonly LogRecord[], events: readonly MailEvent[]): Promise<void>;

  /**
   * Records from `position` on, in order and with none left out, at most so many records and octets of content (one
   * at least). Empty at the end of the log; of a watched topic what came just now may be missing, and is told. Rejects with a PositionGone where the position was trimmed: never skips.
   */
  read(
    partition: Partition,
    position: number,
    limits: { readonly recordsMax: number; readonly bytesMax: number },
  ): Promise<readonly StoredRecord[]>;

  /** Calls back when records have become readable in a partition; the call may be spurious, or late by 250 ms. */
  watch(topic: Topic, onAppended: (partition: Partition) => void): () => void;

  /** Records before the position will never be read again. Cheap: it may be done later, in batches. */
  trim(partition: Partition, position: number): void;

  /**
   * Reads one batch of a partition from where its results end, transforms it, and writes results and read position
   * as one atomic step under the lease. Resolves with the number of records read (0: nothing there), or with `lost`
   * where the lease is another's by now and nothing was written.
   */
  pipe(
    lease: LaneLease,
    bulk: boolean,
    recordsMax: number,
    transform: (records: readonly StoredRecord[]) => Promise<PipeResult>,
  ): Promise<number | 'lost'>;

  /** The content in memory: for bodies of up to a few hundred KB. */
  readBody(body: Body): Promise<Buffer>;

  /** The content in pieces of at most 1 MB, in order; for bodies too large to hold. */
  bodyChunks(body: Body): AsyncIterable<Buffer>;
}

/** The log did not confirm within its deadline; nothing may be assumed about what was being appended. */
export class LogUnavailable extends Error {
  override readonly name = 'LogUnavailable';
}

/** A reader's position lies before what the log still has: an alarm, never a reason to skip. */
export class PositionGone extends Error {
  override readonly name = 'PositionGone';
}
