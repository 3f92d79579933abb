import { randomBytes } from 'node:crypto';
import type { DirectoryAdmin } from '@staffetta/core';

/** The operator that is there from the start. */
export const FIRST_OPERATOR = 'admin';
const PASSWORD_BYTES = 15;

/**
 * Makes the operator `admin` where there is no operator yet, with the given password or a random one, which is
 * returned here and nowhere else.
 */
export async function ensureFirstOperator(
  directory: DirectoryAdmin,
  password?: string,
): Promise<{ readonly created: boolean; readonly password: string }> {
  const operators = await directory.operators({ after: '', limit: 1 });
  if (operators.length > 0) return { created: false, password: '' };
  const chosen = password ?? randomBytes(PASSWORD_BYTES).toString('base64url');
  const operator = { name: FIRST_OPERATOR, role: 'admin' as const };
  const added = await directory.addOperator('start', operator, chosen);
  // Another process that starts at the same moment may have been first.
  return added.kind === 'added'
    ? { created: true, password: chosen }
    : { created: false, password: '' };
}
