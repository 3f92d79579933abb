import type { Clock, Lanes, LocalDeliveryStore, Log, Tracer } from '@staffetta/core';

/** What local delivery is made from. */
export interface LocalDeliveryOptions {
  readonly log: Log;
  readonly lanes: Lanes;
  readonly store: LocalDeliveryStore;
  readonly clock: Clock;
  /** This process, as the owner of lanes. */
  readonly owner: string;
  /** Reporting MTA in DSN. */
  readonly hostname: string;
  /** Life of a report, in milliseconds. */
  readonly expiresMs: number;
  readonly metrics: LocalDeliveryMetrics;
  /** Absent: no traces. */
  readonly tracer?: Tracer;
  /** Something failed that is tried again, or a lane stands still: `PositionGone` is an alarm. */
  onError(error: unknown): void;
}

/** What is counted as it happens. */
export interface LocalDeliveryMetrics {
  /** From acceptance to the commit, in milliseconds. */
  delivered(latencyMs: number): void;
  /** Recipients whose mailbox was not there. */
  refused(recipients: number): void;
  /** Copies of one transaction. */
  stored(copies: number): void;
}
