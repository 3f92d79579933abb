import { setTimeout as wait } from 'node:timers/promises';

/** The advisory lock that tells that a node lives on this PostgreSQL. */
const DATA_FOLDER_LOCK = '8391073145962381';
/** The backend of a node that was killed sees it within moments. */
const CLAIM_MAX_MS = 5_000;
const RETRY_MS = 100;

/** Runs a statement on one connection that stays open as long as the node lives. */
export type QueryOnOneConnection = (
  sql: string,
) => Promise<{ readonly rows: readonly Record<string, unknown>[] }>;

/**
 * Claims the data folder for the connection of `query`; the claim ends with that connection, so it must be kept, and
 * claimed again after PostgreSQL was started anew. False: another node has it, so leave its PostgreSQL alone (`detach`).
 */
export async function claimDataFolder(
  query: QueryOnOneConnection,
  maxMs: number = CLAIM_MAX_MS,
): Promise<boolean> {
  const deadlineMs = Date.now() + maxMs;
  for (;;) {
    const { rows } = await query(`select pg_try_advisory_lock(${DATA_FOLDER_LOCK}) as claimed`);
    if (rows[0]?.['claimed'] === true) return true;
    if (Date.now() >= deadlineMs) return false;
    await wait(RETRY_MS);
  }
}
