/** The documents of the admin API, as the page reads them. Times are milliseconds since 1970. */

/** Recipients by outcome: a count, or a rate a second. */
export interface Outcomes {
  readonly accepted: number;
  readonly delivered: number;
  readonly deferred: number;
  readonly bounced: number;
}

/** What waits for one site. */
export interface SiteQueue {
  readonly site: string;
  /** Recipients that wait for a time or for room. */
  readonly scheduled: number;
  /** Messages in memory that wait for a connection. */
  readonly ready: number;
  /** Absent where the delivery worker that is at the site does not answer. */
  readonly connections?: number;
  readonly onWire?: number;
  /** The site could not be reached; nothing is started before this time. */
  readonly restUntilMs?: number;
  readonly oldestAcceptedAtMs?: number;
  readonly nextDueAtMs?: number;
  readonly lastReply: string;
}

export interface PartHealth {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

export interface LedgerState {
  readonly balanced: boolean;
  readonly difference: number;
  readonly at: number;
}

/** What the live stream tells about once a second. */
export interface LiveSnapshot {
  readonly at: number;
  /** Absent while they are not known. */
  readonly rates?: Outcomes;
  readonly queues: readonly SiteQueue[];
  /** Absent before the first check has ended. */
  readonly ledger?: LedgerState;
  readonly health: readonly PartHealth[];
}

/** Recipients counted in the minute that begins at `atMs`. */
export interface MinuteCounters extends Outcomes {
  readonly atMs: number;
}

export interface Operator {
  readonly name: string;
  readonly role: 'viewer' | 'operator' | 'admin';
}

export interface Instance {
  readonly id: string;
  readonly services: readonly string[];
  readonly host: string;
  readonly pid: number;
  readonly version: string;
  readonly startedAtMs: number;
  readonly heartbeatAtMs: number;
  readonly alive: boolean;
  readonly ready: boolean;
}

export interface SystemStatus {
  readonly version: string;
  readonly ready: boolean;
  readonly instances: readonly Instance[];
}

/** Where mail for an address ends, once aliases are followed. */
export type RouteEnd =
  | { readonly kind: 'local'; readonly address: string; readonly accountId: string }
  | {
      readonly kind: 'remote';
      readonly address: string;
      readonly domain: string;
      readonly site: string;
      readonly nextHop: string;
      readonly relay: boolean;
    }
  | {
      readonly kind: 'refused';
      readonly address: string;
      readonly reply: { readonly code: number; readonly enhanced?: string; readonly text: string };
    };

/** Who is behind an address, and what the router would do with mail for it. */
export interface RouteView {
  readonly address: string;
  readonly aliases: readonly string[];
  readonly ends: readonly RouteEnd[];
  readonly recipient: { readonly kind: 'account' | 'alias' | 'relay' | 'unknown' | 'foreign' };
}
