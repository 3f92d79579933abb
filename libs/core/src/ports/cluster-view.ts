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
  /** When it last did what one process does for all, by name, in milliseconds since 1970. */
  readonly duties?: Readonly<Record<string, number>>;
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
  /** Where it answers gRPC, `host:port`; empty where it does not. */
  readonly grpc: string;
  /** Where it answers `/readyz`; 0 where it does not. */
  readonly telemetryPort: number;
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
  /** When an owner held it last, in milliseconds since 1970; undefined before the first. */
  readonly heldAtMs: number | undefined;
}

/** What of a topic's class is not settled: in the log, and beyond what its readers have saved as done. */
export interface TopicLag {
  readonly topic: string;
  readonly bulk: boolean;
  /** Records, those that are being worked on included. */
  readonly records: number;
  /** Lanes that have any. */
  readonly lanes: number;
  /** When the oldest of them was accepted, in milliseconds since 1970; undefined without any. */
  readonly oldestAcceptedAtMs: number | undefined;
  /** The lane of the oldest. */
  readonly oldestLane: number | undefined;
}

/** A process that holds lanes or held them, as it was then. */
export interface LaneHolderName {
  readonly id: string;
  /** Absent where the process had no row of its own. */
  readonly host?: string;
  readonly pid?: number;
  readonly services?: readonly string[];
}

/** Lanes that one process took from one other at once. */
export interface Handover {
  /** Grows with time. */
  readonly id: number;
  readonly atMs: number;
  readonly topic: string;
  readonly lanes: readonly number[];
  /** Undefined where nobody held them before. */
  readonly from: LaneHolderName | undefined;
  readonly to: LaneHolderName;
  /** The holder before had let go by itself. */
  readonly clean: boolean;
  /** The longest that one of them stood without a holder; undefined at their first. */
  readonly idleMs: number | undefined;
}

/** Scheduled mail in one state. */
export interface QueueDepth {
  /** `due` at a time, `waiting` for room in its ready queue, or on the `wire`. */
  readonly state: string;
  readonly recipients: number;
  /** Milliseconds since 1970. */
  readonly oldestAcceptedAtMs: number;
  /** The earliest time at which one of them is, or was, due; milliseconds since 1970. */
  readonly firstDueAtMs: number;
}

/** Recipients of one tenant, or of all that are not named (an empty id), by type of event. */
export interface TenantTotals {
  readonly tenantId: string;
  readonly counts: Readonly<Record<string, number>>;
}

/** What runs, who owns what and what waits. */
export interface ClusterView {
  /** Those heard of within so long (a minute, unless told), oldest first. */
  instances(withinMs?: number): Promise<readonly Instance[]>;
  lanes(): Promise<readonly LaneView[]>;
  /** By topic and class; empty where the log is not in this database, so that it cannot be told. */
  lag(): Promise<readonly TopicLag[]>;
  /** The newest first, from before an id where it is given. */
  handovers(page: {
    readonly beforeId?: number;
    readonly limit: number;
  }): Promise<readonly Handover[]>;
  /** Sites with mail, the longest queue first, or one of them. */
  queues(filter: { readonly site?: string; readonly limit: number }): Promise<readonly SiteQueue[]>;
  /** Scheduled mail by state; states without any are absent. */
  depths(): Promise<readonly QueueDepth[]>;
  /** Recipients counted since the minute of this time (milliseconds since 1970), within the last day. */
  totals(sinceMs: number): Promise<OutcomeTotals>;
  /** Recipients accepted since the hour of this time, of so many tenants, largest first, and of all others as one. */
  largestTenants(sinceMs: number, limit: number): Promise<readonly TenantTotals[]>;
  /** Asks every process to drain and end; each sees it with its next heartbeat. */
  requestStop(): Promise<void>;
}
