import { createHash } from 'node:crypto';
import { chmod, chown, lstat, mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Account } from './account.ts';
import { isErrorCode } from './error-code.ts';
import { isClusterProcess } from './processes.ts';

/** PostgreSQL names its socket by this number; each has a folder of its own, so all have the same. */
const PORT = 5432;

/** Longest path of a socket in bytes, by the system's sockaddr_un. */
const SOCKET_PATH_MAX_BYTES = process.platform === 'darwin' ? 103 : 107;

/** The path of the socket in a folder. */
export function socketIn(socketDir: string): string {
  return join(socketDir, `.s.PGSQL.${PORT}`);
}

/** The folder of the socket: beside the data, or a short one where that path would be too long. */
export function socketDirOf(root: string, asRoot: boolean): string {
  const beside = join(root, 'socket');
  if (Buffer.byteLength(socketIn(beside)) <= SOCKET_PATH_MAX_BYTES) return beside;
  const hash = createHash('sha256').update(root).digest('hex').slice(0, 16);
  return join(asRoot ? '/run' : '/tmp', `staffetta-${hash}`);
}

/** Makes the folder, for its owner alone; one that somebody else put there is refused. */
export async function makeSocketDir(
  socketDir: string,
  account: Account | undefined,
): Promise<void> {
  const uid = account?.uid ?? process.getuid?.();
  try {
    await mkdir(socketDir, { mode: 0o700 });
    if (account) await chown(socketDir, account.uid, account.gid);
  } catch (error) {
    if (!isErrorCode(error, 'EEXIST')) throw error;
  }
  const found = await lstat(socketDir);
  if (!found.isDirectory() || (found.uid !== uid && found.uid !== process.getuid?.())) {
    throw new Error(`${socketDir} belongs to somebody else (user ${found.uid})`);
  }
  if (account) await chown(socketDir, account.uid, account.gid);
  await chmod(socketDir, 0o700);
}

/**
 * Removes the socket's lock file when its postmaster is gone: PostgreSQL refuses to start while any process, a zombie
 * even, has the number in it. The socket itself PostgreSQL replaces.
 */
export async function removeStaleSocketLock(socketDir: string, dataPath: string): Promise<void> {
  const file = `${socketIn(socketDir)}.lock`;
  let content: string;
  try {
    content = await readFile(file, 'utf8');
  } catch (error) {
    if (isErrorCode(error, 'ENOENT')) return;
    throw error;
  }
  const pid = Number(content.split('\n', 1)[0]);
  if (!(await isClusterProcess(pid, dataPath))) await rm(file, { force: true });
}
