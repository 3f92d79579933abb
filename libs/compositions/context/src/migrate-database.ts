import { embeddedDatabaseUrl, startEmbeddedPostgres } from '@staffetta/embedded-postgres';
import type { Log } from '@staffetta/embedded-postgres';
import type { Config } from '@staffetta/platform';
import { claimLogKind, Database, migrate } from '@staffetta/postgres';
import { prepareKafka } from './kafka-topics.ts';

/** Connections that a migration needs. */
const CONNECTIONS_MAX = 2;

/** The address of the database: as configured, or of the embedded one; undefined while that was never started. */
export async function findDatabaseUrl(config: Config): Promise<string | undefined> {
  return config.database.url ?? (await embeddedDatabaseUrl(config.dataDir));
}

/**
 * Brings the schema to this version, makes and checks the topics of a log in Kafka, and returns the migrations that
 * ran. The embedded PostgreSQL is started for it, and stopped again, unless it runs already.
 */
export async function migrateDatabase(config: Config, log: Log): Promise<readonly string[]> {
  if (config.database.url !== undefined) return migrateAt(config.database.url, config);
  const embedded = await startEmbeddedPostgres({ dataDir: config.dataDir, log });
  try {
    return await migrateAt(embedded.url, config);
  } finally {
    if (embedded.takenOver) embedded.detach();
    else await embedded.stop();
  }
}

async function migrateAt(url: string, config: Config): Promise<readonly string[]> {
  const database = new Database({
    url,
    connectionsMax: CONNECTIONS_MAX,
    applicationName: 'staffetta migrate',
  });
  try {
    const ran = await migrate(database);
    await claimLogKind(database, config.log.kind);
    if (config.log.kind === 'kafka') await prepareKafka(config);
    return ran;
  } finally {
    await database.close();
  }
}
