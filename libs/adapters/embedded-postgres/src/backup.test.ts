import assert from 'node:assert/strict';
import { chmod, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import pg from 'pg';
import { backUpDataFolder, restoreDataFolder } from './backup.ts';
import type { BackupEnd } from './backup.ts';
import { startEmbeddedPostgres } from './embedded-postgres.ts';

const log = { info() {}, warn() {}, error() {} };

let folder: string;
/** The watch over PostgreSQL alone keeps no process alive. */
let alive: NodeJS.Timeout;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'staffetta-backup-'));
  await chmod(folder, 0o755);
  alive = setInterval(() => undefined, 60_000);
});
after(async () => {
  clearInterval(alive);
  await rm(folder, { recursive: true });
});

test('what was committed before the end of a backup is there after it, on another timeline', async () => {
  const dataDir = join(folder, 'data');
  const copy = join(folder, 'copies', 'first');
  const server = await startEmbeddedPostgres({ dataDir, log, movedTo: join(folder, 'moved') });
  await writeFile(join(dataDir, 'admin-token'), 'secret', { mode: 0o600 });
  const client = new pg.Client(server.url);
  await client.connect();
  await client.query('create table kept (n int)');
  await client.query('insert into kept values (1)');
  await backUpDataFolder(
    dataDir,
    copy,
    () => begin(client),
    async () => {
      // After all files were copied: it comes by the WAL.
      await client.query('insert into kept values (2)');
      return end(client);
    },
  );
  await client.query('insert into kept values (3)');
  await assert.rejects(
    backUpDataFolder(
      dataDir,
      copy,
      async () => assert.fail('begun'),
      async () => end(client),
    ),
    /is there and not empty/,
  );
  await assert.rejects(
    backUpDataFolder(
      dataDir,
      join(dataDir, 'copies'),
      async () => assert.fail('begun'),
      async () => end(client),
    ),
    /inside of the data folder/,
  );
  await client.end();
  await server.stop();
  await assert.rejects(restoreDataFolder(copy, dataDir), /is there and not empty/);
  await rm(dataDir, { recursive: true });
  await assert.rejects(restoreDataFolder(folder, dataDir), /is no backup/);
  await restoreDataFolder(copy, dataDir);
  assert.equal(await readFile(join(dataDir, 'admin-token'), 'utf8'), 'secret');
  assert.equal((await stat(join(dataDir, 'admin-token'))).mode & 0o777, 0o600);

  const again = await startEmbeddedPostgres({ dataDir, log, movedTo: join(folder, 'moved') });
  const reader = new pg.Client(again.url);
  await reader.connect();
  const { rows } = await reader.query<{ n: number; wal: string }>(
    'select n, pg_walfile_name(pg_current_wal_lsn()) as wal from kept order by n',
  );
  assert.deepEqual(
    rows.map(({ n, wal }) => [n, wal.slice(0, 8)]),
    [
      [1, '00000002'],
      [2, '00000002'],
    ],
  );
  await reader.end();
  await again.stop();
});

test('a backup that cannot be completed leaves nothing', async () => {
  const dataDir = join(folder, 'other');
  const server = await startEmbeddedPostgres({ dataDir, log, movedTo: join(folder, 'moved') });
  const failing = (at: string): Promise<unknown> =>
    backUpDataFolder(
      dataDir,
      join(folder, 'failed', at),
      async () => undefined,
      async () => {
        if (at === 'end') throw new Error('PostgreSQL went away');
        const name = 'F'.repeat(24);
        return { label: '', firstWalFile: name, lastWalFile: name };
      },
    );
  await assert.rejects(failing('end'), /PostgreSQL went away/);
  await assert.rejects(failing('wal'), /has given up F{24} meanwhile/);
  assert.deepEqual(await readdir(join(folder, 'failed')), []);
  await server.stop();
});

async function begin(client: pg.Client): Promise<void> {
  await client.query(`select pg_create_physical_replication_slot('test', true, true)`);
  await client.query(`select pg_backup_start('test', true)`);
}

async function end(client: pg.Client): Promise<BackupEnd> {
  const { rows } = await client.query<{ label: string; file: string }>(
    'select labelfile as label, pg_walfile_name(lsn) as file from pg_backup_stop(false)',
  );
  const { label = '', file = '' } = rows[0] ?? {};
  const first = /START WAL LOCATION: \S+ \(file (\w+)\)/.exec(label)?.[1] ?? '';
  return { label, firstWalFile: first, lastWalFile: file };
}
