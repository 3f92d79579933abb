import { newMessageId } from '@staffetta/core';
import type { Config } from '@staffetta/platform';
import { DataFolderInUse, Database, InstanceRegistry } from '@staffetta/postgres';
import { folderName } from './context.ts';
import { findDatabaseUrl } from './migrate-database.ts';

/**
 * Who holds the data folder, in words, where another process does: its ports are taken then too, but that is not what
 * keeps this one from starting. Undefined where nobody does, or where that cannot be known.
 */
export async function describeFolderHolder(config: Config): Promise<string | undefined> {
  try {
    const url = await findDatabaseUrl(config);
    return url === undefined ? undefined : await tryToClaim(config, url);
  } catch (error) {
    // No folder or no database: then no process holds it either.
    return error instanceof DataFolderInUse ? error.message : undefined;
  }
}

async function tryToClaim(config: Config, url: string): Promise<undefined> {
  const database = new Database({ url, connectionsMax: 1, applicationName: 'staffetta' });
  const registry = new InstanceRegistry(database, {
    id: newMessageId(),
    dataFolder: await folderName(config),
    services: [],
    host: '',
    version: '',
    telemetryPort: 0,
  });
  try {
    await registry.claim();
  } finally {
    await registry.unregister();
    await database.close();
  }
}
