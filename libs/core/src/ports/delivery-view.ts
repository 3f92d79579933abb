/** The ready queue of one site in one delivery worker, as it is now. */
export interface ReadyQueue {
  readonly site: string;
  /** Messages that wait for a connection. */
  readonly ready: number;
  /** Messages on the wire, or whose outcome is being written. */
  readonly onWire: number;
  /** Connections open or being opened. */
  readonly connections: number;
  /** The last reply that was no success, in one line of at most 300 characters; empty where there was none. */
  readonly lastReply: string;
  /** The site could not be reached: nothing is started before this time (milliseconds since 1970). */
  readonly restUntilMs: number | undefined;
}

/** An open connection of a delivery worker. */
export interface OpenConnection {
  readonly site: string;
  /** The MX name or next hop. */
  readonly host: string;
  readonly address: string;
  readonly port: number;
  /** Milliseconds since 1970. */
  readonly openedAtMs: number;
  readonly messagesSent: number;
  /** What is on the wire; undefined where it waits for a message. */
  readonly messageId: string | undefined;
}

/** Which of them; `limit` is at most 10,000. */
export interface DeliveryFilter {
  readonly site?: string;
  readonly limit: number;
}

/** What one delivery worker is at: the longest queues first, the oldest connections first. */
export interface DeliveryView {
  queues(filter: DeliveryFilter): Promise<readonly ReadyQueue[]>;
  connections(filter: DeliveryFilter): Promise<readonly OpenConnection[]>;
}

/** The answer of one worker, or why there is none. */
export type WorkerAnswer<Value> =
  | {
      readonly kind: 'answer';
      /** Id of its instance, or where it answers. */
      readonly worker: string;
      readonly values: readonly Value[];
    }
  | { readonly kind: 'away'; readonly worker: string; readonly reason: string };

/** All delivery workers that are known, each asked at once and within a deadline. Never rejects. */
export interface DeliveryWorkers {
  queues(filter: DeliveryFilter): Promise<readonly WorkerAnswer<ReadyQueue>[]>;
  connections(filter: DeliveryFilter): Promise<readonly WorkerAnswer<OpenConnection>[]>;
}
