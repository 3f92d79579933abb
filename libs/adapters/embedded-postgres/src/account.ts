import { runCommand } from './command.ts';

/** A user of the system under which PostgreSQL runs. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
  readonly name: string;
}

const ACCOUNT_NAME = 'staffetta';
const FALLBACK_NAMES = ['postgres', 'nobody'];

/** Whether this process is root, under which PostgreSQL refuses to run. */
export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** The unprivileged account for PostgreSQL: `staffetta`, made where it can be, else one that is there. */
export async function unprivilegedAccount(): Promise<Account> {
  const present = await accountNamed(ACCOUNT_NAME);
  if (present) return present;
  await createAccount();
  for (const name of [ACCOUNT_NAME, ...FALLBACK_NAMES]) {
    const account = await accountNamed(name);
    if (account) return account;
  }
  throw new Error(
    `PostgreSQL does not run as root, and there is no user ${ACCOUNT_NAME}, ${FALLBACK_NAMES.join(' or ')}: ` +
      `create one, or set database.url`,
  );
}

/** The account that owns something already there. */
export async function accountOf(uid: number, gid: number): Promise<Account> {
  const { exitCode, output } = await runCommand('id', ['-un', String(uid)]);
  return { uid, gid, name: exitCode === 0 ? output.trim() : `number ${uid}` };
}

async function accountNamed(name: string): Promise<Account | undefined> {
  const [uid, gid] = await Promise.all([idOf(['-u', name]), idOf(['-g', name])]);
  return uid === undefined || gid === undefined || uid === 0 ? undefined : { uid, gid, name };
}

async function idOf(args: readonly string[]): Promise<number | undefined> {
  const { exitCode, output } = await runCommand('id', args);
  const id = Number(output.trim());
  return exitCode === 0 && Number.isInteger(id) ? id : undefined;
}

/** Another start may do the same at this moment, or the system may be read-only: what counts is who is there after. */
async function createAccount(): Promise<void> {
  await runCommand('useradd', [
    '--system',
    '--user-group',
    '--no-create-home',
    '--home-dir',
    '/nonexistent',
    '--shell',
    '/usr/sbin/nologin',
    ACCOUNT_NAME,
  ]);
}
