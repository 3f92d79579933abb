import type { SiteQueue } from './trace.ts';

/** How one part of a process does. */
export interface PartHealth {
  readonly name: string;
  readonly ok: boolean;
  /** In words for the operator; empty where there is nothing to say. */
  readonly detail: string;
}

/** Recipients by outcome since some time. */
export interface OutcomeTotals {
  readonly accepted: number;
  readonly delivered: number;
  readonly deferred: number;
  readonly bounced: number;
}

/** What a process tells of itself with each heartbeat (column `report` of its row). */
export interface InstanceReport {
  /** Messages in memory, ready or on the wire, by site. */
  readonly ready?: Readonly<Record<string, number>>;
  readonly health?: readonly PartHealth[];
}

/** A process of the system. */
export interface Instance {
  readonly id: string;
  readonly services: readonly string[];
  readonly host: string;
  readonly pid: number;
  readonly version: string;
  readonly startedAtMs: number;
  readonly heartbeatAtMs: number;
  /** Its last heartbeat is younger than 5 s. */
  readonly alive: boolean;
  readonly ready: boolean;
  readonly directoryVersion: number;
  readonly report: InstanceReport;
}

/** A lane and who reads it. */
export interface LaneView {
  readonly topic: string;
  readonly lane: number;
  /** Undefined where its lease has ended. */
  readonly owner: string | undefined;
  readonly epoch: number;
  readonly untilMs: number;
}

/** Scheduled mail in one state. */
export interface QueueDepth {
  /** `due` at a time, `waiting` for room in its ready queue, or on the `wire`. */
  readonly state: string;
  readonly recipients: number;
  /** Milliseconds since 1970. */
  readonly oldestAcceptedAtMs: number;
}

/** What runs, who owns what and what waits. */
export interface ClusterView {
  /** Those heard of in the last minute, oldest first. */
  instances(): Promise<readonly Instance[]>;
  lanes(): Promise<readonly LaneView[]>;
  /** Sites with mail, the longest queue first, or one of them. */
  queues(filter: { readonly site?: string; readonly limit: number }): Promise<readonly SiteQueue[]>;
  /** Scheduled mail by state; states without any are absent. */
  depths(): Promise<readonly QueueDepth[]>;
  /** Recipients counted since the minute of this time (milliseconds since 1970), within the last day. */
  totals(sinceMs: number): Promise<OutcomeTotals>;
  /** Asks every process to drain and end; each sees it with its next heartbeat. */
  requestStop(): Promise<void>;
}
