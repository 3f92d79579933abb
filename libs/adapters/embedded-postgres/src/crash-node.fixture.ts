/** A node that starts PostgreSQL, writes a row, says so, and then waits to be killed. */
import pg from 'pg';
import { startEmbeddedPostgres } from './index.ts';

const silent = { info() {}, warn() {}, error() {} };
const server = await startEmbeddedPostgres({ dataDir: process.argv[2] ?? '', log: silent });
const client = new pg.Client(server.url);
// PostgreSQL may be killed under it.
client.on('error', () => undefined);
await client.connect();
await client.query('create table if not exists kept (n int)');
await client.query('insert into kept values (1)');
process.stdout.write(`${server.pid}\n`);
// Kept alive until the kill.
setInterval(() => undefined, 60_000);
