export { findDatabaseUrl, migrateDatabase } from './migrate-database.ts';
