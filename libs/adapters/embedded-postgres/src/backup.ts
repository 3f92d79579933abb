import { randomBytes } from 'node:crypto';
import {
  copyFile,
  mkdir,
  readFile,
  readdir,
  realpath,
  rename,
  rm,
  writeFile,
} from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { UNFINISHED_PREFIX, syncFolder, writeOwned } from './cluster.ts';
import { copyFolder } from './copy-files.ts';
import { isErrorCode } from './error-code.ts';
import { existingRoot, findPlace } from './place.ts';

/** What PostgreSQL says at the end of a backup: the file that its recovery begins with, and the WAL that it needs. */
export interface BackupEnd {
  readonly label: string;
  readonly firstWalFile: string;
  readonly lastWalFile: string;
}

/** A backup that is complete. */
export interface EmbeddedBackup<End extends BackupEnd> {
  readonly end: End;
  readonly sizeBytes: number;
}

const LINK_NAME = 'postgres';
const CLUSTER = `${LINK_NAME}/data`;
const KEPT_BESIDE_DATA = ['password', 'local.conf'];
const CONTROL_FILE = 'global/pg_control';
const WAL_FILE = /^[0-9A-F]{24}$/;
/** Of one run of PostgreSQL, or written anew by the recovery; the WAL comes at the end. */
const FILES_LEFT_OUT = new Set(['postmaster.pid', 'postmaster.opts', CONTROL_FILE]);
const CONTENTS_LEFT_OUT =
  /^(pg_wal|pg_replslot|pg_dynshmem|pg_notify|pg_serial|pg_snapshots|pg_stat_tmp|pg_subtrans)\//;

/**
 * Copies a data folder whose PostgreSQL runs. `begin` and `end` tell PostgreSQL (pg_backup_start, pg_backup_stop); the
 * folder appears when it is complete. Rejects where it is there already, or where the data folder has no PostgreSQL.
 */
export async function backUpDataFolder<End extends BackupEnd>(
  dataDir: string,
  folder: string,
  begin: () => Promise<void>,
  end: () => Promise<End>,
): Promise<EmbeddedBackup<End>> {
  const root = await existingRoot(dataDir);
  if (root === undefined) throw new Error(`there is no PostgreSQL in ${dataDir}`);
  await refuseInside(dataDir, folder);
  await refuseUnlessEmpty(folder);
  const unfinished = `${resolve(folder)}.unfinished-${randomBytes(4).toString('hex')}`;
  await mkdir(dirname(unfinished), { recursive: true });
  try {
    const data = join(root, 'data');
    const copy = join(unfinished, CLUSTER);
    await begin();
    let sizeBytes = await copyFolder(dataDir, unfinished, { takes: (path) => path !== LINK_NAME });
    sizeBytes += await copyFolder(data, copy, { takes: isTaken });
    // Last, as pg_basebackup does it: nothing that was copied may be newer than what it says.
    await copyFile(join(data, CONTROL_FILE), join(copy, CONTROL_FILE));
    const ended = await end();
    sizeBytes += await copyWal(join(data, 'pg_wal'), join(copy, 'pg_wal'), ended);
    await writeFile(join(copy, 'backup_label'), ended.label, { mode: 0o600, flush: true });
    for (const name of KEPT_BESIDE_DATA) {
      await copyFile(join(root, name), join(unfinished, LINK_NAME, name));
    }
    await rm(folder, { recursive: true, force: true });
    await rename(unfinished, folder);
    return { end: ended, sizeBytes };
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    throw error;
  }
}

/** Makes a data folder from such a copy. Rejects where the data folder is not empty. */
export async function restoreDataFolder(folder: string, dataDir: string): Promise<void> {
  const cluster = join(folder, CLUSTER);
  await readFile(join(cluster, 'backup_label')).catch((cause: unknown) => {
    throw new Error(`${folder} is no backup: ${cluster}/backup_label cannot be read`, { cause });
  });
  await refuseUnlessEmpty(dataDir);
  const { root, account } = await findPlace(dataDir);
  if ((await entriesOf(join(root, 'data'))).length > 0) {
    throw new Error(`${root} has a PostgreSQL already: move it away first`);
  }
  await copyFolder(folder, dataDir, { takes: (path) => path !== LINK_NAME });
  const takes = (path: string): boolean => path !== 'data';
  await copyFolder(join(folder, LINK_NAME), root, { account, takes });
  // Renamed when complete, so that half a cluster is never started.
  const unfinished = join(root, `${UNFINISHED_PREFIX}${randomBytes(4).toString('hex')}`);
  await copyFolder(cluster, unfinished, { account });
  // With it the recovery ends on a timeline of its own, by which a restored database is known.
  await writeOwned(join(unfinished, 'recovery.signal'), '', account);
  await rename(unfinished, join(root, 'data'));
  await syncFolder(root);
}

function isTaken(path: string): boolean {
  if (FILES_LEFT_OUT.has(path) || CONTENTS_LEFT_OUT.test(path)) return false;
  return !path.split('/').some((part) => part.startsWith('pgsql_tmp'));
}

/** File names of WAL rise with what is in them. */
async function copyWal(
  from: string,
  to: string,
  { firstWalFile, lastWalFile }: BackupEnd,
): Promise<number> {
  const isNeeded = (name: string): boolean => name >= firstWalFile && name <= lastWalFile;
  const sizeBytes = await copyFolder(from, to, {
    takes: (name) => WAL_FILE.test(name) && isNeeded(name),
  });
  const copied = await readdir(to);
  const missing = [firstWalFile, lastWalFile].find((name) => !copied.includes(name));
  if (missing === undefined) return sizeBytes;
  throw new Error(`PostgreSQL has given up ${missing} meanwhile: the backup cannot be completed`);
}

/** It would be a part of itself. */
async function refuseInside(dataDir: string, folder: string): Promise<void> {
  const data = await realpath(dataDir);
  if (`${resolve(folder)}/`.startsWith(`${data}/`)) {
    throw new Error(`${folder} is inside of the data folder: a backup belongs elsewhere`);
  }
}

async function refuseUnlessEmpty(folder: string): Promise<void> {
  if ((await entriesOf(folder)).length > 0) throw new Error(`${folder} is there and not empty`);
}

async function entriesOf(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isErrorCode(error, 'ENOENT')) return [];
    throw error;
  }
}
