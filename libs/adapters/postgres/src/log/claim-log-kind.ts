import type { Database } from '../database.ts';

/**
 * Makes sure that the positions and the waiting mail in this database belong to a log of this kind: an empty database
 * is given to it. Rejects, naming `log.kind`, where they belong to another one.
 */
export async function claimLogKind(database: Database, kind: string): Promise<void> {
  const rows = await database.query<{ kind: string }>(
    `insert into log_kind (kind) values ($1)
     on conflict (one) do update set kind = log_kind.kind returning kind`,
    [kind],
  );
  const found = rows[0]?.kind;
  if (found === kind) return;
  throw Object.assign(
    new Error(`log.kind: the mail of this database is in a log of kind ${found}, not ${kind}`),
    { configKey: 'log.kind' },
  );
}
