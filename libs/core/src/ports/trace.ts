import type { MailEvent } from '../event.ts';

/** The whole way of one message. */
export interface MessageTrace {
  readonly messageId: string;
  readonly tenantId: string;
  readonly acceptedAtMs: number;
  readonly reversePath: string;
  readonly subject: string;
  readonly sizeBytes: number;
  readonly listener: string;
  readonly peer: string;
  readonly credential: string;
  readonly bulk: boolean;
  readonly recipients: readonly TracedRecipient[];
  /** In order of time. */
  readonly events: readonly MailEvent[];
}

/** A recipient and where it stands. */
export interface TracedRecipient {
  readonly number: number;
  readonly address: string;
  /** `waiting`, or the type of the event that ended it. */
  readonly state: string;
}

/** Which messages to list, newest first. */
export interface MessageQuery {
  readonly tenantId?: string;
  readonly state?: string;
  readonly site?: string;
  /** Only messages accepted before this id: the last of the page before. */
  readonly beforeId?: string;
  /** At most 500. */
  readonly limit: number;
}

/** A line of a list of messages. */
export interface MessageSummary {
  readonly messageId: string;
  readonly tenantId: string;
  readonly acceptedAtMs: number;
  readonly reversePath: string;
  readonly subject: string;
  readonly recipients: number;
  /** The type of its latest event, `accepted` before any. */
  readonly state: string;
}

/** Recipients per minute and outcome, for charts. */
export interface MinuteCounters {
  readonly atMs: number;
  readonly accepted: number;
  readonly delivered: number;
  readonly deferred: number;
  readonly bounced: number;
}

/** What waits for one site. */
export interface SiteQueue {
  readonly site: string;
  /** Recipients that are scheduled: due, waiting for room, or put off. */
  readonly scheduled: number;
  /** Messages in memory that wait for a connection, as last told by the lane's owner. */
  readonly ready: number;
  /** Connections open or being opened; undefined where no worker that is at the site answers. */
  readonly connections?: number;
  /** Messages on the wire, where `connections` is known. */
  readonly onWire?: number;
  /** The site could not be reached: nothing is started before this time, in milliseconds since 1970. */
  readonly restUntilMs?: number;
  /** When the oldest of them was accepted, in milliseconds since 1970. */
  readonly oldestAcceptedAtMs: number | undefined;
  readonly nextDueAtMs: number | undefined;
  readonly lastReply: string;
}

/** The trace of messages, and the sums over them. */
export interface Trace {
  message(messageId: string): Promise<MessageTrace | undefined>;
  list(query: MessageQuery): Promise<readonly MessageSummary[]>;
  /** The last so many minutes, oldest first, minutes without events included. */
  minutes(count: number): Promise<readonly MinuteCounters[]>;
}
