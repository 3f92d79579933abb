import { LogUnavailable, MailStoreUnavailable } from '@staffetta/core';
import { isConnectionLoss } from '../database.ts';

/** Insufficient resources, operator intervention, transaction rollback: a repeat may succeed. */
const TEMPORARY_STATE = /^(53|57|40)/;

/** Runs a step of the store; what may succeed later is told as MailStoreUnavailable, with the cause. */
export async function orUnavailable<Result>(step: Promise<Result>): Promise<Result> {
  try {
    return await step;
  } catch (error) {
    if (isTemporary(error)) {
      throw new MailStoreUnavailable('the mail store cannot be reached', { cause: error });
    }
    throw error;
  }
}

/** Whether a repeat may succeed. */
export function isTemporary(error: unknown): boolean {
  if (isConnectionLoss(error) || error instanceof LogUnavailable) return true;
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' && TEMPORARY_STATE.test(code);
}
