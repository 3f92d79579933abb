import { runner } from 'node-pg-migrate';
import { fileURLToPath } from 'node:url';
import type { Database } from './database.ts';

const MIGRATIONS = fileURLToPath(new URL('../migrations', import.meta.url));

/** Brings the schema to this version; several processes may do it at once, one of them works. Returns what it ran. */
export async function migrate(database: Database): Promise<readonly string[]> {
  const client = await database.dedicated();
  try {
    const ran = await runner({
      dbClient: client,
      dir: MIGRATIONS,
      direction: 'up',
      migrationsTable: 'migration',
      advisoryLockKey: 7_205_759_403,
      advisoryLockMode: 'wait',
      lockTimeout: undefined,
      log: () => undefined,
    } as Parameters<typeof runner>[0]);
    return ran.map((migration) => migration.name);
  } finally {
    await client.end();
  }
}
