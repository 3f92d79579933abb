import { link, readFile, rename, rm } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { isErrorCode } from './error-code.ts';

/** What a postmaster writes about itself. */
export interface PostmasterFile {
  readonly pid: number;
  readonly socketDir: string;
  /** What it is doing, as it says itself. */
  readonly status: 'starting' | 'ready' | 'stopping' | undefined;
  /** The whole file. */
  readonly content: string;
}

const FILE_NAME = 'postmaster.pid';
const STATUSES = ['starting', 'ready', 'stopping'] as const;

/** Reads postmaster.pid; undefined where there is none, or one that is not complete yet. */
export async function readPostmasterFile(dataPath: string): Promise<PostmasterFile | undefined> {
  let content: string;
  try {
    content = await readFile(join(dataPath, FILE_NAME), 'utf8');
  } catch (error) {
    if (isErrorCode(error, 'ENOENT')) return undefined;
    throw error;
  }
  // Lines: pid, data folder, start, port, socket folder, address, shared memory, status.
  const lines = content.split('\n').map((line) => line.trim());
  const pid = Number(lines[0]);
  const status = STATUSES.find((word) => word === lines[7]);
  const known = Number.isInteger(pid) && pid > 0;
  return { pid: known ? pid : 0, socketDir: lines[4] ?? '', status, content };
}

/**
 * Removes a postmaster.pid that was judged stale: PostgreSQL refuses to start while any process has its number.
 * One that another start wrote meanwhile is put back.
 */
export async function removeStaleFile(dataPath: string, stale: PostmasterFile): Promise<void> {
  const file = join(dataPath, FILE_NAME);
  const aside = `${file}.stale-${randomBytes(4).toString('hex')}`;
  try {
    await rename(file, aside);
  } catch (error) {
    if (isErrorCode(error, 'ENOENT')) return;
    throw error;
  }
  if ((await readFile(aside, 'utf8')) !== stale.content) await link(aside, file);
  await rm(aside);
}
