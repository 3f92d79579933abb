/** What the points drive, however many processes it is: one process with all services, or a cluster of them. */
import type { CliResult, Ports } from './staffetta.ts';

export interface Relay {
  /** Where each door is; in a cluster the doors are spread over the processes. */
  readonly ports: Ports;
  /** The processes of its services, in a fixed order. */
  readonly servicePids: readonly number[];
  /** Whether every process says so. */
  isReady(): Promise<boolean>;
  /** Every process of it, the database's too. */
  pids(): number[];
  /** Runs the command line with the same configuration. */
  cli(args: readonly string[], stdin?: string): Promise<CliResult>;
  /** Runs the command line and throws when it does not end with 0. */
  must(args: readonly string[], stdin?: string): Promise<string>;
  /** Recipients without an outcome, as `staffetta ledger check` counts them. */
  queueLength(): Promise<number>;
  log(): string;
  /** Starts what was killed or terminated, on the same ports and data, and waits until it is ready. */
  start(): Promise<void>;
  /** Kills its own processes with -9, and not the database. */
  killNode(): Promise<void>;
  /** Kills every process of PostgreSQL at once; it is started again by who keeps it. */
  killPostgres(): void;
  /** SIGTERM; gives the exit code, of several the first that is not 0. */
  terminate(): Promise<number | NodeJS.Signals>;
  /** Ends all of it and removes the data. */
  stop(): Promise<void>;
}
