import type { LaneLease, LaneSettlement, RowOutcome } from '@staffetta/core';
import type { Database } from '../database.ts';
import type { Followed } from '../settlement/settlement-log.ts';

/** An outcome that holds, and the lane that its row is in. */
type Holding = RowOutcome & { readonly lease: LaneLease };

/**
 * Outcomes of rows that were found, and the rows of the others: an entry ends once, whatever was done twice. A row has
 * one outcome in a flush.
 */
export function outcomesOf(
  settlements: readonly LaneSettlement[],
  found: ReadonlySet<number>,
): { readonly holding: readonly Holding[]; readonly gone: readonly number[] } {
  const left = new Set(found);
  const holding: Holding[] = [];
  const gone: number[] = [];
  for (const { lease, ofRows } of settlements) {
    for (const outcome of ofRows) {
      if (left.delete(outcome.id)) holding.push({ ...outcome, lease });
      else gone.push(outcome.id);
    }
  }
  return { holding, gone };
}

/** What follows from all of these. */
export function followed(parts: readonly Followed[]): Followed {
  return {
    events: parts.flatMap((one) => one.events),
    records: parts.flatMap((one) => one.records),
  };
}

/** Those of the rows with an outcome that are there. */
export async function rowsThere(
  database: Database,
  settlements: readonly LaneSettlement[],
): Promise<ReadonlySet<number>> {
  const ids = settlements.flatMap(({ ofRows }) => ofRows.map(({ id }) => id));
  if (ids.length === 0) return new Set();
  const rows = await database.query<{ id: number }>(
    'select id from scheduled where id = any ($1::bigint[])',
    [ids],
  );
  return new Set(rows.map(({ id }) => id));
}
