import { spawn } from 'node:child_process';
import type { Account } from './account.ts';

/** What a command that ended says. */
export interface CommandResult {
  readonly exitCode: number;
  /** stdout and stderr together, at most OUTPUT_MAX_BYTES of their end. */
  readonly output: string;
}

/** How a command is run. */
export interface CommandOptions {
  readonly account?: Account | undefined;
  readonly cwd?: string;
  readonly stdin?: string;
}

const OUTPUT_MAX_BYTES = 64 * 1024;

/** What PostgreSQL's programs get: nothing of our own environment but PATH. */
export const COMMAND_ENVIRONMENT: NodeJS.ProcessEnv = {
  PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/usr/bin:/sbin:/bin`,
  LC_ALL: 'C',
  TZ: 'UTC',
};

/** Runs a command to its end, as another account where one is given. A command that cannot be run exits with 127. */
export function runCommand(
  file: string,
  args: readonly string[],
  { account, cwd = '/', stdin = '' }: CommandOptions = {},
): Promise<CommandResult> {
  return new Promise((resolve) => {
    const child = spawn(file, args, {
      cwd,
      env: COMMAND_ENVIRONMENT,
      stdio: ['pipe', 'pipe', 'pipe'],
      ...(account === undefined ? {} : { uid: account.uid, gid: account.gid }),
    });
    let output = '';
    const collect = (part: Buffer): void => {
      output = (output + part.toString('utf8')).slice(-OUTPUT_MAX_BYTES);
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.once('error', (error) => resolve({ exitCode: 127, output: error.message }));
    child.once('close', (code) => resolve({ exitCode: code ?? 1, output }));
    // A command that ends without reading its input breaks the pipe; its exit code says the rest.
    child.stdin.on('error', () => undefined);
    child.stdin.end(stdin);
  });
}
