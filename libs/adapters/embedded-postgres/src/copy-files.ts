import { chmod, chown, copyFile, lstat, mkdir, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Account } from './account.ts';
import { isErrorCode } from './error-code.ts';

/** How a folder is copied. */
export interface CopyOptions {
  /** Who shall own the copy; undefined: whoever runs this. */
  readonly account?: Account | undefined;
  /** By path from the folder, with `/`; what it refuses is left out, a folder with all that is in it. */
  readonly takes?: (path: string) => boolean;
}

/**
 * Copies a folder that may be written to meanwhile: files that are gone when their turn comes are left out. All of it
 * is on disk when this resolves; gives the octets. Rejects at anything that is neither a file nor a folder.
 */
export async function copyFolder(
  from: string,
  to: string,
  options: CopyOptions = {},
): Promise<number> {
  await mkdir(to, { recursive: true, mode: 0o700 });
  return copyInto(from, to, '', options);
}

async function copyInto(
  from: string,
  to: string,
  path: string,
  options: CopyOptions,
): Promise<number> {
  let sizeBytes = 0;
  for (const name of await readdir(join(from, path))) {
    const entry = path === '' ? name : `${path}/${name}`;
    if (options.takes?.(entry) === false) continue;
    try {
      sizeBytes += await copyEntry(from, to, entry, options);
    } catch (error) {
      if (!isErrorCode(error, 'ENOENT')) throw error;
    }
  }
  await finish(join(to, path), options.account);
  return sizeBytes;
}

async function copyEntry(
  from: string,
  to: string,
  path: string,
  options: CopyOptions,
): Promise<number> {
  const [source, target] = [join(from, path), join(to, path)];
  const found = await lstat(source);
  if (found.isDirectory()) {
    await mkdir(target, { mode: found.mode & 0o777 });
    return copyInto(from, to, path, options);
  }
  if (!found.isFile()) throw new Error(`${source} is neither a file nor a folder: not copied`);
  await copyFile(source, target);
  await chmod(target, found.mode & 0o777);
  await finish(target, options.account);
  return (await lstat(target)).size;
}

/** Gives it to its owner and to the disk. */
async function finish(path: string, account: Account | undefined): Promise<void> {
  if (account) await chown(path, account.uid, account.gid);
  const handle = await open(path);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
