import type { InstanceReport } from '@staffetta/core';
import type { Client } from 'pg';
import type { Database } from '../database.ts';
import type { GrpcAddress } from './grpc-instances.ts';

/** What a process tells the others of itself. */
export interface InstanceInfo {
  /** New with each start. */
  readonly id: string;
  /** Absolute path and host of its data folder: held by one process at a time. */
  readonly dataFolder: string;
  readonly services: readonly string[];
  readonly host: string;
  readonly version: string;
  readonly telemetryPort: number;
}

/** Told at each sign of life. */
export interface InstanceHeartbeat {
  readonly ready: boolean;
  readonly directoryVersion: number;
  /** Where it answers gRPC; absent where it does not. */
  readonly grpc?: GrpcAddress | undefined;
  /** Free form, for the dashboard: ready queues by site, connections, counters. */
  readonly report: InstanceReport;
}

/** What a process learns with a sign of life. */
export interface HeartbeatAnswer {
  /** It was asked to drain and end. */
  readonly stopRequested: boolean;
  /** No other process is registered. */
  readonly alone: boolean;
}

/** Another process holds the data folder. */
export class DataFolderInUse extends Error {
  override readonly name = 'DataFolderInUse';
}

/** This process's row of `instance`, and the lock on its data folder, which ends with its connection. */
export class InstanceRegistry {
  readonly #database: Database;
  readonly #info: InstanceInfo;
  #lock: Client | undefined;

  constructor(database: Database, info: InstanceInfo) {
    this.#database = database;
    this.#info = info;
  }

  /** Takes the data folder, before anything is changed. Rejects with DataFolderInUse where another process holds it. */
  async claim(): Promise<void> {
    if (!this.#lock) await this.#holdFolder();
  }

  /** Registers in the migrated schema. Whoever held the folder before is dead, so its leases end now. */
  async register(): Promise<void> {
    await this.#database.transaction(async (connection) => {
      const dead = await connection.query<{ id: string }>(
        'delete from instance where data_folder = $1 returning id',
        [this.#info.dataFolder],
      );
      await connection.query(`update lane set until = '-infinity' where owner = any($1)`, [
        dead.rows.map((row) => row.id),
      ]);
      await this.#insert(connection);
    });
  }

  /**
   * Signs life; takes the folder's lock again where its connection broke. Rejects with DataFolderInUse where another
   * process has registered there meanwhile.
   */
  async heartbeat(report: InstanceHeartbeat): Promise<HeartbeatAnswer> {
    await this.#claimAgain();
    const rows = await this.#database.query<{ stop: boolean; others: number }>(
      `update instance set heartbeat_at = now(), ready = $2, directory_version = $3, report = $4,
         grpc_host = $5, grpc_port = $6
       where id = $1
       returning stop_requested_at is not null as stop,
         (select count(*) from instance where id <> $1) as others`,
      [
        this.#info.id,
        report.ready,
        report.directoryVersion,
        JSON.stringify(report.report),
        report.grpc?.host,
        report.grpc?.port,
      ],
    );
    if (rows.length === 0) {
      await this.#database.withConnection((connection) => this.#insert(connection));
    }
    const { stop = false, others = 1 } = rows[0] ?? {};
    return { stopRequested: stop, alone: others === 0 };
  }

  /**
   * The lock may still be our own, of a broken connection that the server has not noticed: only who registered after
   * us has taken the folder. Else it is claimed at the next sign of life.
   */
  async #claimAgain(): Promise<void> {
    try {
      await this.claim();
    } catch (error) {
      if (!(error instanceof DataFolderInUse)) throw error;
      const others = await this.#database.query(
        'select id from instance where data_folder = $1 and id <> $2',
        [this.#info.dataFolder, this.#info.id],
      );
      if (others.length > 0) throw error;
    }
  }

  /** Leaves: the row goes, the lock too. */
  async unregister(): Promise<void> {
    await this.#database
      .query('delete from instance where id = $1', [this.#info.id])
      .catch(() => undefined);
    const lock = this.#lock;
    this.#lock = undefined;
    await lock?.end().catch(() => undefined);
  }

  async #insert(connection: Pick<Client, 'query'>): Promise<void> {
    await connection.query(
      `insert into instance (id, data_folder, services, host, pid, version, telemetry_port)
       values ($1, $2, $3, $4, $5, $6, $7)
       on conflict (id) do nothing`,
      [
        this.#info.id,
        this.#info.dataFolder,
        this.#info.services,
        this.#info.host,
        process.pid,
        this.#info.version,
        this.#info.telemetryPort,
      ],
    );
  }

  async #holdFolder(): Promise<void> {
    const client = await this.#database.dedicated();
    const forget = (): void => {
      if (this.#lock === client) this.#lock = undefined;
    };
    client.on('error', forget);
    client.on('end', forget);
    const rows = await client.query<{ locked: boolean }>(
      `select pg_try_advisory_lock(hashtextextended($1, 2025)) as locked`,
      [this.#info.dataFolder],
    );
    if (!rows.rows[0]?.locked) {
      await client.end();
      throw new DataFolderInUse(
        `the data folder ${this.#info.dataFolder} is in use by another process`,
      );
    }
    this.#lock = client;
  }
}
