import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PostgresDirectoryAdmin } from '@staffetta/postgres';
import type { Database } from '@staffetta/postgres';
import { FIRST_OPERATOR, ensureFirstOperator } from '@staffetta/service-admin';

/** Settings of the first start. */
export interface FirstOperatorOptions {
  readonly database: Database;
  readonly dataDir: string;
  /** `dashboard.adminPasswordFile`: its first line is the password. */
  readonly passwordFile: string | undefined;
  /** Whether a person sees what is printed; else a random password goes to a file. */
  readonly showPassword: boolean;
}

/** The operator who was made, and where the random password is: here, or in a file of mode 0600. */
export type FirstOperator =
  | { readonly kind: 'exists' }
  | { readonly kind: 'configured'; readonly name: string }
  | { readonly kind: 'shown'; readonly name: string; readonly password: string }
  | { readonly kind: 'kept'; readonly name: string; readonly file: string };

/** Makes the first operator where there is none. */
export async function prepareFirstOperator(options: FirstOperatorOptions): Promise<FirstOperator> {
  const configured = options.passwordFile && (await firstLine(options.passwordFile));
  const directory = new PostgresDirectoryAdmin(options.database);
  const { created, password } = await ensureFirstOperator(directory, configured);
  const name = FIRST_OPERATOR;
  if (!created) return { kind: 'exists' };
  if (configured !== undefined) return { kind: 'configured', name };
  if (options.showPassword) return { kind: 'shown', name, password };
  const file = join(options.dataDir, 'first-operator');
  await writeFile(file, `${name} ${password}\n`, { mode: 0o600 });
  return { kind: 'kept', name, file };
}

async function firstLine(file: string): Promise<string> {
  const line = (await readFile(file, 'utf8')).split(/\r?\n/, 1)[0] ?? '';
  if (line === '') throw new Error(`${file} holds no password in its first line`);
  return line;
}
