import { backUpDataFolder, restoreDataFolder } from '@staffetta/embedded-postgres';
import type { Config } from '@staffetta/platform';
import { Database, OnlineBackup } from '@staffetta/postgres';
import { findDatabaseUrl } from './migrate-database.ts';

/** A backup that is complete. */
export interface Backup {
  readonly folder: string;
  /** All that was acknowledged before is in it, in milliseconds since the epoch. */
  readonly takenAtMs: number;
  readonly sizeBytes: number;
}

/** Copies the data folder and its embedded PostgreSQL, which runs, to a folder that is not there yet. */
export async function backUp(config: Config, folder: string): Promise<Backup> {
  refuseOtherDatabase(config);
  const url = await findDatabaseUrl(config);
  if (url === undefined) throw new Error(`there is no PostgreSQL in ${config.dataDir}`);
  const database = new Database({ url, connectionsMax: 1, applicationName: 'staffetta backup' });
  try {
    const backup = await OnlineBackup.open(database);
    try {
      const { end, sizeBytes } = await backUpDataFolder(
        config.dataDir,
        folder,
        () => backup.begin(),
        () => backup.end(),
      );
      return { folder, takenAtMs: end.takenAtMs, sizeBytes };
    } finally {
      await backup.close();
    }
  } finally {
    await database.close();
  }
}

/** Makes the data folder, which must be empty or not there, from a backup. */
export async function restore(config: Config, folder: string): Promise<void> {
  refuseOtherDatabase(config);
  await restoreDataFolder(folder, config.dataDir);
}

function refuseOtherDatabase({ database }: Config): void {
  if (database.url === undefined) return;
  throw new Error(
    'database.url is set: back that PostgreSQL up and restore it with its own tools, as docs/operations/backup.md says',
  );
}
