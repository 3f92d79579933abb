import type { EventLog, Ledger, Log, OnGroup, TopicLag } from '@staffetta/core';
import type { Config } from '@staffetta/platform';
import type { Database, KeptLog, SettlementLog } from '@staffetta/postgres';

/** The log of a process, and what depends on its kind. */
export interface ChosenLog {
  readonly log: Log;
  /** As settlements need it. */
  readonly settlements: SettlementLog;
  readonly ledger: Ledger;
  /** As the housekeeper needs it. */
  readonly kept: KeptLog;
  /** What was told of messages, where the log keeps it apart from the trace. */
  readonly events: EventLog | undefined;
  /** What readers have not settled, by topic and class. */
  lag(): Promise<readonly TopicLag[]>;
  /** Told with each heartbeat whether no other process runs. */
  setAlone(alone: boolean): void;
  /** Waits for what is being appended, and ends its connections; the database is closed after it. */
  close(): Promise<void>;
}

/** What a log is opened with. */
export interface OpenLogOptions {
  readonly config: Config;
  readonly database: Database;
  /** Names this process, and the one that will run here after it. */
  readonly instance: string;
  readonly onGroup: OnGroup;
}
