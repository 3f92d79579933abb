import { Rounds } from '@staffetta/core';
import type { Ledger } from '@staffetta/core';
import type { Database } from './database.ts';
import type { ParkSlices } from './scheduled/park-slices.ts';
import { dayAt, ensureTraceDay, traceDays } from './trace/trace-days.ts';

const TEND_MS = 1_000;
const SLICES_EVERY = 5;
const SLOW_EVERY = 30;
const HOUSEKEEPING_LOCK = 7_205_759_407;
const DAY_MS = 86_400_000;
const LOCK_TIMEOUT_MS = 500;

/** What there is to do about a log. */
export interface KeptLog {
  readonly parkSlices: ParkSlices;
  /** Each second, in every process that keeps house. */
  saveTrimmed(): Promise<void>;
  /** Frees what nobody needs any more; every few seconds, one process at a time. */
  freeSettled(): Promise<void>;
}

/** What the housekeeper works on. */
export interface HousekeeperOptions {
  readonly database: Database;
  readonly log: KeptLog;
  readonly ledger: Ledger;
  readonly traceRetentionDays: number;
  readonly onError: (error: unknown) => void;
}

/**
 * Keeps the tables small: saves what was trimmed, rotates and frees slices, folds the ledger's deltas, makes the
 * trace's tables for tomorrow and drops those past their retention. Runs in each process; one at a time works.
 */
export class Housekeeper {
  readonly #options: HousekeeperOptions;
  readonly #tending: Rounds;
  #rounds = 0;
  #doneAtMs: number | undefined;

  constructor(options: HousekeeperOptions) {
    this.#options = options;
    this.#tending = new Rounds(() => this.#round(), TEND_MS, options.onError);
  }

  async start(): Promise<void> {
    await this.#tendDays();
    this.#tending.start();
  }

  async stop(): Promise<void> {
    await this.#tending.stop();
  }

  /** When this process last did it for all, in milliseconds since 1970; undefined where it never did. */
  get doneAtMs(): number | undefined {
    return this.#doneAtMs;
  }

  /** One round, now. */
  tend(): Promise<void> {
    return this.#tending.run();
  }

  async #round(): Promise<void> {
    const { database, log, ledger } = this.#options;
    await log.saveTrimmed();
    await database.withConnection(async (connection) => {
      const locked = await connection.query<{ locked: boolean }>(
        'select pg_try_advisory_lock($1) as locked',
        [HOUSEKEEPING_LOCK],
      );
      if (!locked.rows[0]?.locked) return;
      try {
        while ((await ledger.fold()) > 1_000);
        if (this.#rounds % SLICES_EVERY === 0) await log.freeSettled();
        if (this.#rounds % SLOW_EVERY === 0) {
          await log.parkSlices.tend(Date.now());
          await this.#tendDays();
        }
        this.#rounds += 1;
        this.#doneAtMs = Date.now();
      } finally {
        await connection.query('select pg_advisory_unlock($1)', [HOUSEKEEPING_LOCK]);
      }
    });
  }

  async #tendDays(): Promise<void> {
    const { database, traceRetentionDays } = this.#options;
    const now = Date.now();
    const oldest = dayAt(now - traceRetentionDays * DAY_MS);
    await database.transaction(async (connection) => {
      await ensureTraceDay(connection, dayAt(now));
      await ensureTraceDay(connection, dayAt(now + DAY_MS));
    });
    const days = await database.withConnection((connection) => traceDays(connection));
    for (const day of days.filter((one) => one < oldest)) {
      await database.transaction(async (connection) => {
        await connection.query(`set local lock_timeout = ${LOCK_TIMEOUT_MS}`);
        await connection.query(`drop table if exists trace_event_${day}, trace_message_${day}`);
      });
    }
    await database.query(`delete from minute_counter where minute < now() - interval '8 days'`);
  }
}
