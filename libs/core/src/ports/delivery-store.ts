import type { Body } from '../body.ts';
import type { Envelope } from '../envelope.ts';
import type { MailEvent } from '../event.ts';
import type { LaneLease, LanePosition } from './lanes.ts';
import type { LogRecord } from './log.ts';
import type { SmtpReply } from './smtp-client.ts';

/** Mail of a lane that waits in PostgreSQL for its time or for room in its ready queue. */
export interface ScheduledRow {
  readonly id: number;
  readonly lane: number;
  readonly envelope: Envelope;
  readonly body: Body;
  /** Milliseconds since 1970. */
  readonly dueAtMs: number;
  /** Why it waits: the reply of the last attempt. */
  readonly lastReply: SmtpReply | undefined;
}

/** A row to be written: parked (no attempt was made) or deferred. */
export interface ScheduledInsert {
  /** From takeRowIds, where the row must be known before it is written; else it gets a number of its own. */
  readonly id?: number;
  readonly envelope: Envelope;
  readonly body: Body;
  readonly dueAtMs: number;
  readonly state: 'due' | 'waiting' | 'wire';
  readonly lastReply: SmtpReply | undefined;
  readonly reason: string;
}

/** A row that waits again; what is absent stays as it is. */
export interface ScheduledUpdate {
  readonly id: number;
  readonly dueAtMs: number;
  readonly state: 'due' | 'waiting';
  /** The recipients that are left, with their attempts. */
  readonly envelope?: Envelope;
  readonly lastReply?: SmtpReply;
  readonly reason?: string;
}

/** What one lane has to write in a flush. */
export interface LaneSettlement {
  readonly lease: LaneLease;
  readonly normal: LanePosition;
  readonly bulk: LanePosition;
  readonly inserts: readonly ScheduledInsert[];
  /** Rows whose recipients all have an outcome. */
  readonly deletes: readonly number[];
  /** Rows that are on the wire by now. */
  readonly wire: readonly number[];
  /** Rows that wait again. */
  readonly updates: readonly ScheduledUpdate[];
  readonly events: readonly MailEvent[];
  /** What follows from outcomes (DSN): appended in the same transaction. */
  readonly records: readonly LogRecord[];
}

/** A row that stayed on the wire when its lane was let go has its outcome. */
export type KeptSettlement = Pick<
  LaneSettlement,
  'lease' | 'inserts' | 'deletes' | 'updates' | 'events' | 'records'
>;

/** Rows of a lane that earlier owners have on the wire still, of one site. */
export interface RowsOfOthers {
  readonly lane: number;
  readonly site: string;
  readonly count: number;
}

/** Scheduled mail and settlement of the lanes of `outbound`. */
export interface DeliveryStore {
  /** Numbers for new rows, never given twice; `first` and the ones that follow it. */
  takeRowIds(): Promise<{ readonly first: number; readonly count: number }>;
  /**
   * After lanes were taken from an owner that did not let go: rows that were on the wire then are due again, and the
   * recipients whose final reply may be lost are returned, to be told as uncertain.
   */
  reclaim(leases: readonly LaneLease[]): Promise<readonly ScheduledRow[]>;
  /**
   * Before a lane is let go: these rows stay on the wire and are settled by this owner alone, for so long. Rejects where
   * the lane is another's.
   */
  keep(lease: LaneLease, rows: readonly number[], forMs: number): Promise<void>;
  /** What earlier owners keep on the wire; and, as `reclaim` does, what they did not settle in time or died with. */
  keptByOthers(leases: readonly LaneLease[]): Promise<{
    readonly rows: readonly RowsOfOthers[];
    readonly overdue: readonly ScheduledRow[];
  }>;
  /** Writes the outcome of one kept row, by its id in `deletes` or `updates`; nothing where its time is over. */
  settleKept(settlement: KeptSettlement): Promise<void>;
  /** Writes everything of all lanes in one transaction; lanes that are another's by now are left out and returned. */
  flush(settlements: readonly LaneSettlement[]): Promise<{ readonly lost: readonly LaneLease[] }>;
  /** Rows that are due or waiting by now, not bulk first, then by priority and time; without those in `excludeSites`. */
  pull(
    leases: readonly LaneLease[],
    rowsMax: number,
    afterIds: { readonly exclude: readonly number[]; readonly excludeSites: readonly string[] },
  ): Promise<readonly ScheduledRow[]>;
  /** When the next row of these lanes is due, in milliseconds since 1970; undefined where none waits. */
  nextDueAtMs(leases: readonly LaneLease[]): Promise<number | undefined>;
}
