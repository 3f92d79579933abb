export { backUpDataFolder, restoreDataFolder } from './backup.ts';
export type { BackupEnd, EmbeddedBackup } from './backup.ts';
export { embeddedDatabaseUrl, startEmbeddedPostgres } from './embedded-postgres.ts';
export type { EmbeddedPostgres, EmbeddedPostgresOptions } from './embedded-postgres.ts';
export type { Log } from './log.ts';
