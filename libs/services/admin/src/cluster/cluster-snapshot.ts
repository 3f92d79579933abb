import type { Instance, LaneView, PartHealth, TopicLag } from '@staffetta/core';

/** Something in the cluster that an operator should look at, in plain words. */
export interface ClusterProblem {
  /** The same for as long as it is the same problem. */
  readonly key: string;
  /** `critical`: mail stands still or is refused; `warning`: it may soon, or others do the work. */
  readonly severity: 'critical' | 'warning';
  readonly title: string;
  /** What it means for the mail. */
  readonly detail: string;
  /** What to do. */
  readonly advice: string;
  /** What to type; absent where nothing helps. */
  readonly command?: string;
}

/** A process, as it is told to operators. */
export interface ClusterInstance extends Omit<Instance, 'report'> {
  readonly health: readonly PartHealth[];
  /** Lanes that it owns. */
  readonly lanes: number;
}

/** What one process does for all, and which one did it last. */
export interface Duty {
  readonly name: string;
  /** The id of an instance. */
  readonly instance: string;
  /** Milliseconds since 1970. */
  readonly atMs: number;
}

/** The cluster at one time. */
export interface ClusterSnapshot {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** The worst first; empty where all is well. */
  readonly problems: readonly ClusterProblem[];
  readonly instances: readonly ClusterInstance[];
  readonly lanes: readonly LaneView[];
  /** Empty where the log is not in the database. */
  readonly lag: readonly TopicLag[];
  readonly duties: readonly Duty[];
}
