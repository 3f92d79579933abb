import type { Ledger } from '@staffetta/core';
import type { Logger } from '@staffetta/platform';
import { seeTimeline } from '@staffetta/postgres';
import type { Database } from '@staffetta/postgres';

/**
 * Whether the database goes on from an earlier state of itself, and since when, in milliseconds since the epoch. Who
 * sees it first tells how many recipients wait: all of them are tried, also those that were delivered meanwhile.
 */
export async function lookForRestore(
  database: Database,
  ledger: Ledger,
  logger: Logger,
): Promise<number | undefined> {
  const timeline = await seeTimeline(database);
  if (timeline?.isNew === true) {
    const what = { timeline: timeline.number, ...(await countWaiting(ledger)) };
    logger.warn(
      what,
      'the database was restored, or a standby of it promoted: what waits is sent, though it may have been before',
    );
  }
  return timeline?.seenAtMs;
}

/** A gap in the log of Kafka keeps them from being counted, but not the start: each lane tells what it finds. */
async function countWaiting(ledger: Ledger): Promise<{ waiting: number } | { err: unknown }> {
  try {
    return { waiting: (await ledger.check()).waiting };
  } catch (error) {
    return { err: error };
  }
}
