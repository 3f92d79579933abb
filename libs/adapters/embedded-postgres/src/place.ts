import { createHash } from 'node:crypto';
import { chmod, chown, lstat, mkdir, readlink, realpath, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { accountOf, isRoot, unprivilegedAccount } from './account.ts';
import type { Account } from './account.ts';
import { canRun, copyBinaries, installedBinaries } from './binaries.ts';
import type { Binaries } from './binaries.ts';
import { runCommand } from './command.ts';
import { isErrorCode } from './error-code.ts';

/** Where one PostgreSQL lives. */
export interface Place {
  /** Folder of mode 0700 that holds all of it. */
  readonly root: string;
  /** The cluster itself (PGDATA). */
  readonly dataPath: string;
  /** The account under which PostgreSQL runs; undefined: ours. */
  readonly account: Account | undefined;
  readonly binaries: Binaries;
  /** Where and why, when it is not under the data folder. */
  readonly moved: string | undefined;
}

/** Where PostgreSQL goes when its user cannot reach the data folder or the programs. */
export const MOVED_TO = '/var/lib/staffetta';

const LINK_NAME = 'postgres';

/** Finds, or makes, the place for the PostgreSQL of a data folder. */
export async function findPlace(dataDir: string, movedTo: string = MOVED_TO): Promise<Place> {
  const asRoot = isRoot();
  await mkdir(dataDir, { recursive: true, mode: asRoot ? 0o755 : 0o700 });
  const folder = await realpath(dataDir);
  return asRoot ? placeAsRoot(folder, movedTo) : placeAsUser(folder);
}

/** The folder of the PostgreSQL of a data folder, where there is one. */
export async function existingRoot(dataDir: string): Promise<string | undefined> {
  try {
    return await realpath(join(dataDir, LINK_NAME));
  } catch (error) {
    if (isErrorCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

async function placeAsUser(dataDir: string): Promise<Place> {
  const root = join(dataDir, LINK_NAME);
  await mkdir(root, { recursive: true, mode: 0o700 });
  const resolved = await realpath(root);
  const { uid } = await stat(resolved);
  if (uid !== process.getuid?.()) {
    throw new Error(`${resolved} belongs to another user (${uid}): start as that user, or as root`);
  }
  const binaries = await installedBinaries();
  return {
    root: resolved,
    dataPath: join(resolved, 'data'),
    account: undefined,
    binaries,
    moved: undefined,
  };
}

async function placeAsRoot(dataDir: string, movedTo: string): Promise<Place> {
  const link = join(dataDir, LINK_NAME);
  const elsewhere = join(movedTo, hashOf(dataDir));
  const present = await whatIsAt(link);
  if (present === 'link') await checkLink(link, elsewhere);
  const account = await chooseAccount(present === 'nothing' ? elsewhere : link);
  const installed = await installedBinaries();
  const [runs, reaches] = await Promise.all([
    canRun(installed, account),
    canEnter(dataDir, account),
  ]);
  if (present === 'folder' && !reaches) {
    throw new Error(
      `PostgreSQL's user ${account.name} can no longer reach its data in ${link}: ` +
        `make the folders above it open to that user (chmod a+x)`,
    );
  }
  const moves = present === 'link' || (present === 'nothing' && !(runs && reaches));
  const root = await makeRoot(moves ? elsewhere : link, account);
  if (moves && present === 'nothing') await makeLink(link, elsewhere);
  const binaries = runs
    ? installed
    : await copyRunning(installed, moves ? root : elsewhere, account);
  const reasons = [...(runs ? [] : [installed.folder]), ...(reaches ? [] : [dataDir])];
  const what = moves ? "PostgreSQL's data" : "PostgreSQL's programs";
  const moved =
    moves || !runs
      ? `${what} went to ${elsewhere}: its user ${account.name} cannot reach ${reasons.join(' and ') || 'the data folder as it was'}`
      : undefined;
  return { root, dataPath: join(root, 'data'), account, binaries, moved };
}

async function copyRunning(installed: Binaries, root: string, account: Account): Promise<Binaries> {
  await makeRoot(root, account);
  const copy = await copyBinaries(installed, root, account);
  if (await canRun(copy, account)) return copy;
  throw new Error(
    `PostgreSQL's user ${account.name} can run neither ${installed.folder} nor ${copy.folder}`,
  );
}

/** Data that is there keeps its owner. */
async function chooseAccount(root: string): Promise<Account> {
  try {
    const { uid, gid } = await stat(root);
    if (uid !== 0) return await accountOf(uid, gid);
  } catch (error) {
    if (!isErrorCode(error, 'ENOENT')) throw error;
  }
  return unprivilegedAccount();
}

async function makeRoot(root: string, { uid, gid }: Account): Promise<string> {
  await mkdir(join(root, '..'), { recursive: true, mode: 0o755 });
  await mkdir(root, { recursive: true, mode: 0o700 });
  await chown(root, uid, gid);
  await chmod(root, 0o700);
  return realpath(root);
}

async function makeLink(link: string, target: string): Promise<void> {
  try {
    await symlink(target, link);
  } catch (error) {
    if (!isErrorCode(error, 'EEXIST')) throw error;
    await checkLink(link, target);
  }
}

/** A data folder that was copied has the link of the one it was copied from, and must not share its PostgreSQL. */
async function checkLink(link: string, expected: string): Promise<void> {
  const target = await readlink(link);
  if (target === expected) return;
  throw new Error(
    `${link} leads to ${target}, the PostgreSQL of a data folder in another place: ` +
      `move that folder to ${expected} and make the link anew if the data folder was moved, or remove the link`,
  );
}

async function whatIsAt(path: string): Promise<'nothing' | 'link' | 'folder'> {
  try {
    return (await lstat(path)).isSymbolicLink() ? 'link' : 'folder';
  } catch (error) {
    if (isErrorCode(error, 'ENOENT')) return 'nothing';
    throw error;
  }
}

async function canEnter(folder: string, account: Account): Promise<boolean> {
  const { exitCode } = await runCommand('/bin/sh', ['-c', 'cd "$1"', 'sh', folder], { account });
  return exitCode === 0;
}

function hashOf(dataDir: string): string {
  return createHash('sha256').update(dataDir).digest('hex').slice(0, 16);
}
