import { kafkaErrorType } from './kafkajs-internals.ts';

/** The markers of the transaction before are still being written. */
const BUSY_TYPES: ReadonlySet<string | undefined> = new Set([
  'CONCURRENT_TRANSACTIONS',
  'NOT_COORDINATOR_FOR_GROUP',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'GROUP_LOAD_IN_PROGRESS',
]);
const BUSY_WAIT_MS = 2;
const WAIT_MAX_MS = 50;
const BUSY_FOR_MAX_MS = 8_000;

/** Again while a coordinator is busy with what came before, and nothing was done by then; or for another reason. */
export async function whileBusy<Result>(
  ask: () => Promise<Result>,
  isAlsoBusy: (error: unknown) => boolean = () => false,
): Promise<Result> {
  const untilMs = Date.now() + BUSY_FOR_MAX_MS;
  for (let waitMs = BUSY_WAIT_MS; ; waitMs = Math.min(waitMs * 2, WAIT_MAX_MS)) {
    try {
      return await ask();
    } catch (error) {
      const isToRepeat = isBusy(error) || isAlsoBusy(error);
      if (!isToRepeat || Date.now() > untilMs) throw error;
      await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
  }
}

function isBusy(error: unknown): boolean {
  return BUSY_TYPES.has(kafkaErrorType(error));
}
