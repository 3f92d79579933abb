import { randomBytes } from 'node:crypto';
import {
  appendFile,
  chown,
  link,
  open,
  readFile,
  readdir,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import type { Account } from './account.ts';
import { runCommand } from './command.ts';
import { isErrorCode } from './error-code.ts';
import type { Place } from './place.ts';
import { settingsFor } from './settings.ts';

/** The database, and the role that owns it. */
export const DATABASE = 'staffetta';

const PASSWORD_FILE = 'password';
const LOCAL_SETTINGS = '# Your own settings for PostgreSQL; they win, and are kept.\n';
/** A cluster that is being made. */
export const UNFINISHED_PREFIX = 'data.new-';
const UNFINISHED_AGE_MS = 10 * 60_000;

/** Makes the cluster unless it is there, and writes the settings of this start. */
export async function prepareCluster(place: Place, socketDir: string): Promise<void> {
  await writeOwned(
    join(place.root, 'settings.conf'),
    await settingsFor(place.root, socketDir),
    place.account,
  );
  const localFile = join(place.root, 'local.conf');
  if ((await readIfThere(localFile)) === undefined) {
    await writeOwned(localFile, LOCAL_SETTINGS, place.account);
  }
  const version = await readIfThere(join(place.dataPath, 'PG_VERSION'));
  if (version !== undefined) return checkVersion(place, version.trim());
  await makePassword(place);
  await initialise(place);
}

/** The password of the database's role. */
export async function readPassword(root: string): Promise<string | undefined> {
  return (await readIfThere(join(root, PASSWORD_FILE)))?.trim();
}

/** initdb works in a folder of its own that is renamed when complete, so a start that was killed leaves no half cluster. */
async function initialise(place: Place): Promise<void> {
  const { root, account, binaries, dataPath } = place;
  const unfinished = join(root, `${UNFINISHED_PREFIX}${randomBytes(4).toString('hex')}`);
  await runOrThrow(binaries.initdb, place, [
    '-D',
    unfinished,
    `--username=${DATABASE}`,
    `--pwfile=${join(root, PASSWORD_FILE)}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
  ]);
  const includes = "\ninclude = '../settings.conf'\ninclude = '../local.conf'\n";
  await appendFile(join(unfinished, 'postgresql.conf'), includes);
  const create = `CREATE DATABASE ${DATABASE};\n`;
  await runOrThrow(
    binaries.postgres,
    place,
    ['--single', '-j', '-D', unfinished, 'postgres'],
    `${create}\n\n`,
  );
  try {
    await rename(unfinished, dataPath);
  } catch (error) {
    // Another start on the same folder was faster; its cluster has the same password.
    if (!isErrorCode(error, 'ENOTEMPTY', 'EEXIST')) throw error;
    await rm(unfinished, { recursive: true });
  }
  await syncFolder(root);
  await removeUnfinished(root);
  if (account) await chown(root, account.uid, account.gid);
}

/** What starts left that were killed long ago; a young one may be at work. */
async function removeUnfinished(root: string): Promise<void> {
  const youngest = Date.now() - UNFINISHED_AGE_MS;
  for (const name of await readdir(root)) {
    if (!name.startsWith(UNFINISHED_PREFIX)) continue;
    const folder = join(root, name);
    const { mtimeMs } = await stat(folder).catch(() => ({ mtimeMs: youngest }));
    if (mtimeMs < youngest) await rm(folder, { recursive: true, force: true });
  }
}

async function checkVersion(place: Place, major: string): Promise<void> {
  const ours = place.binaries.version.split('.', 1)[0];
  if (major === ours) return;
  throw new Error(
    `${place.dataPath} is of PostgreSQL ${major}, and this release brings ${ours}: ` +
      `dump it with the release that made it and restore it into a new data folder`,
  );
}

/** Made once, whoever is first; a link appears with its whole content. */
async function makePassword({ root, account }: Place): Promise<void> {
  const file = join(root, PASSWORD_FILE);
  const own = `${file}.${randomBytes(4).toString('hex')}`;
  await writeOwned(own, `${randomBytes(24).toString('base64url')}\n`, account);
  try {
    await link(own, file);
  } catch (error) {
    if (!isErrorCode(error, 'EEXIST')) throw error;
  } finally {
    await rm(own);
  }
}

/** Writes a file of mode 0600 that appears with its whole content. */
export async function writeOwned(
  file: string,
  content: string,
  account: Account | undefined,
): Promise<void> {
  const own = `${file}.${randomBytes(4).toString('hex')}`;
  await writeFile(own, content, { mode: 0o600, flag: 'wx' });
  if (account) await chown(own, account.uid, account.gid);
  await rename(own, file);
}

async function runOrThrow(
  file: string,
  { root, account }: Place,
  args: readonly string[],
  stdin?: string,
): Promise<void> {
  const options = { account, cwd: root, ...(stdin === undefined ? {} : { stdin }) };
  const { exitCode, output } = await runCommand(file, args, options);
  if (exitCode !== 0) throw new Error(`${file} failed (${exitCode}): ${output.trim()}`);
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (isErrorCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** What was renamed in it stays renamed. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
