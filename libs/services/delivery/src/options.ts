import type {
  Clock,
  DeliveryStore,
  Lanes,
  Log,
  MxResolver,
  Random,
  RecipientEventType,
  SmtpConnector,
  Tracer,
} from '@staffetta/core';

/** What a delivery worker is made from. */
export interface DeliveryOptions {
  readonly log: Log;
  readonly lanes: Lanes;
  readonly store: DeliveryStore;
  readonly resolver: MxResolver;
  readonly connector: SmtpConnector;
  readonly clock: Clock;
  readonly random: Random;
  /** This process, as the owner of lanes. */
  readonly owner: string;
  readonly settings: DeliverySettings;
  readonly metrics: DeliveryMetrics;
  /** Absent: no traces. */
  readonly tracer?: Tracer;
  onError(error: unknown): void;
  /** Told what draining waits for, where that takes a while. */
  onWaiting?(waiting: DrainWait): void;
}

/** What the end of a worker, or the hand-over of a lane, waits for. */
export interface DrainWait {
  readonly lane: number;
  /** Messages in transactions, or that are looked up or connected for. */
  readonly messages: number;
  /** Sites to which connections are open still. */
  readonly sites: readonly string[];
}

/** Settings of delivery; times in milliseconds, sizes in octets. */
export interface DeliverySettings {
  /** EHLO name and reporting MTA. */
  readonly hostname: string;
  /** Our own IP addresses except loopback, to know ourselves among MX hosts. */
  readonly ownAddresses: ReadonlySet<string>;
  readonly remotePort: number;
  readonly allowLoopback: boolean;
  readonly retryMinMs: number;
  readonly retryMaxMs: number;
  /** Life of a report. */
  readonly expiresMs: number;
  readonly connectionsPerSiteMax: number;
  /** Messages in any second to one site; 0 for no limit. */
  readonly messagesPerSecondPerSite: number;
  readonly connectionsMax: number;
  readonly messagesPerConnectionMax: number;
  /** How long a connection is kept without a message. */
  readonly idleMs: number;
  readonly readyPerSiteMax: number;
  readonly memoryBytes: number;
  /** How long what is in flight may go on when its lane is let go. */
  readonly handOverMs: number;
  /** How long what waits for the reply to its final dot may go on when its lane is let go. */
  readonly drainMs: number;
  /** The sender who asked for it is told of a delay after this time; 0 for never. */
  readonly delayNoticeMs: number;
}

/** What is counted as it happens. */
export interface DeliveryMetrics {
  outcome(type: RecipientEventType, recipients: number): void;
  /** Delivered a second time, which the ledger does not count. */
  doubled(recipients: number): void;
  /** From acceptance to the remote 250, in milliseconds. */
  delivered(latencyMs: number, bulk: boolean): void;
}
