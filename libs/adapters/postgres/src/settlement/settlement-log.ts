import type {
  LogRecord,
  MailEvent,
  Partition,
  ScheduledInsert,
  StoredRecord,
} from '@staffetta/core';
import type { Connection } from '../database.ts';
import type { ParkSlice, ParkSlices } from '../scheduled/park-slices.ts';

/** What follows from outcomes. */
export interface Followed {
  readonly events: readonly MailEvent[];
  readonly records: readonly LogRecord[];
}

/** The log as a settlement needs it, which is a transaction of PostgreSQL whatever the kind of the log. */
export interface SettlementLog {
  readonly parkSlices: ParkSlices;
  /** Whether what follows is part of the transaction; else it is appended before it. */
  readonly isPartOfTransaction: boolean;
  /** Makes what follows durable, and true even where the transaction fails. */
  append(records: readonly LogRecord[], events: readonly MailEvent[]): Promise<void>;
  /** Makes what follows part of the transaction. Throws NotWritten where it is to be begun again. */
  follow(connection: Connection, followed: Followed): Promise<readonly StoredRecord[]>;
  /** After the commit: tells readers of what followed. */
  committed(records: readonly StoredRecord[]): void;
  /** What it knows of its tables is forgotten: a transaction was not written. */
  forget(): void;
  /** Copies contents that are not parked yet into a slice of parked mail. */
  park(
    connection: Connection,
    target: ParkSlice,
    inserts: readonly ScheduledInsert[],
  ): Promise<void>;
  trim(partition: Partition, position: number): void;
}
