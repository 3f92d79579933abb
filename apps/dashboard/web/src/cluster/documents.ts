import type { Instance, PartHealth } from '../api/documents.ts';

/** The documents of the admin API's `cluster`. Times are milliseconds since 1970. */

export interface ClusterProblem {
  readonly key: string;
  readonly severity: 'critical' | 'warning';
  readonly title: string;
  readonly detail: string;
  readonly advice: string;
  readonly command?: string;
}

export interface ClusterInstance extends Instance {
  /** `host:port`; empty where it answers no gRPC. */
  readonly grpc: string;
  readonly health: readonly PartHealth[];
  /** Lanes that it owns. */
  readonly lanes: number;
}

export interface Lane {
  readonly topic: string;
  readonly lane: number;
  /** Absent where its lease has ended. */
  readonly owner?: string;
  readonly epoch: number;
  readonly untilMs: number;
  readonly heldAtMs?: number;
}

export interface TopicLag {
  readonly topic: string;
  readonly bulk: boolean;
  readonly records: number;
  readonly lanes: number;
  readonly oldestAcceptedAtMs?: number;
  readonly oldestLane?: number;
}

export interface Duty {
  readonly name: string;
  readonly instance: string;
  readonly atMs: number;
}

export interface ClusterSnapshot {
  readonly at: number;
  readonly problems: readonly ClusterProblem[];
  readonly instances: readonly ClusterInstance[];
  readonly lanes: readonly Lane[];
  /** Empty where it cannot be told. */
  readonly lag: readonly TopicLag[];
  readonly duties: readonly Duty[];
}

/** A process as it was when it took lanes. */
export interface Holder {
  readonly id: string;
  readonly host?: string;
  readonly pid?: number;
  readonly services?: readonly string[];
}

export interface Handover {
  readonly id: number;
  readonly atMs: number;
  readonly topic: string;
  readonly lanes: readonly number[];
  readonly from?: Holder;
  readonly to: Holder;
  readonly clean: boolean;
  readonly idleMs?: number;
}
