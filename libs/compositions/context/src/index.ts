export { findDatabaseUrl, migrateDatabase } from './migrate-database.ts';
export { Context } from './context.ts';
export type { ContextOptions, Reporter } from './context.ts';
export { VERSION } from './version.ts';
export { runAlone, runProcess } from './run-process.ts';
export type { ProcessOptions, ServiceFactory } from './run-process.ts';
