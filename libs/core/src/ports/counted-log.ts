import type { Envelope } from '../envelope.ts';
import type { MailEvent } from '../event.ts';
import type { Partition } from './log.ts';

/** A record that is counted as waiting. */
export interface CountedRecord {
  readonly partition: Partition;
  readonly position: number;
  readonly envelope: Envelope;
  /** Events that only its reader will tell. */
  readonly carried: readonly MailEvent[];
}

/** A log that counts nothing itself, as the ledger's check looks at it: every part up to its end at that time. */
export interface CountedLog {
  /** Every partition of mail. */
  readonly partitions: readonly Partition[];
  readonly eventLanes: number;
  /** Where pipes go on, of the partitions of `accepted`. */
  pipePositions(): Promise<ReadonlyMap<Partition, number>>;
  /** The last position of every partition of mail, with what is not committed yet; 0 where nothing was stored. */
  ends(): Promise<ReadonlyMap<Partition, number>>;
  /** Records of partitions, each from its position on. Rejects with a PositionGone where that was trimmed. */
  unread(positions: ReadonlyMap<Partition, number>): AsyncIterable<CountedRecord>;
  /** Events of lanes, each from its position on. */
  unreadEvents(positions: ReadonlyMap<number, number>): AsyncIterable<MailEvent>;
}
