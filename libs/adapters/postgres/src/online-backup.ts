import type { Client } from 'pg';
import type { Database } from './database.ts';

/** What PostgreSQL says at the end of a backup. */
export interface OnlineBackupEnd {
  /** Content of the file `backup_label`, with which a recovery begins. */
  readonly label: string;
  readonly firstWalFile: string;
  readonly lastWalFile: string;
  /** All that was committed before is in the backup, in milliseconds since the epoch. */
  readonly takenAtMs: number;
}

/** A backup of the files of a PostgreSQL that runs, by its own low-level interface; both calls are made on one connection. */
export class OnlineBackup {
  readonly #client: Client;
  #firstWalFile = '';

  private constructor(client: Client) {
    this.#client = client;
  }

  static async open(database: Database): Promise<OnlineBackup> {
    return new OnlineBackup(await database.dedicated());
  }

  /** From now on files may be copied: pages that are half written are repaired from the WAL, which is kept meanwhile. */
  async begin(): Promise<void> {
    await this.#client.query(
      `select pg_create_physical_replication_slot('staffetta_backup_' || pg_backend_pid(), true, true)`,
    );
    const { rows } = await this.#client.query<{ file: string }>(
      `select pg_walfile_name(pg_backup_start('staffetta', true)) as file`,
    );
    this.#firstWalFile = rows[0]?.file ?? '';
  }

  /** After the last file: what else the copy needs. The WAL named is complete, and kept until `close`. */
  async end(): Promise<OnlineBackupEnd> {
    const time = await this.#client.query<{ now: number }>('select clock_timestamp() as now');
    const { rows } = await this.#client.query<{ label: string; file: string }>(
      `select labelfile as label, pg_walfile_name(lsn) as file from pg_backup_stop(false)`,
    );
    const [end] = rows;
    if (!end) throw new Error('PostgreSQL did not say how the backup ended');
    return {
      label: end.label,
      firstWalFile: this.#firstWalFile,
      lastWalFile: end.file,
      takenAtMs: time.rows[0]?.now ?? Number.NaN,
    };
  }

  /** Lets the WAL go; a backup that has not ended is given up. */
  async close(): Promise<void> {
    await this.#client.end();
  }
}
