import type { Connection, Database } from '../database.ts';
import { DIRECTORY_CHANNEL } from '../directory/version-watch.ts';

/** Who changes what, for the audit log. Never with secrets. */
export interface ChangeEntry {
  readonly by: string;
  readonly action: string;
  readonly object: string;
  readonly detail?: Readonly<Record<string, unknown>>;
}

/** The directory while it is locked for a change. */
export interface DirectoryChange {
  readonly connection: Connection;
  /** The version before the change. */
  readonly version: number;
  /** Writes the audit line, moves the version on, and tells of it at the commit. Returns the new version. */
  commitAs(entry: ChangeEntry): Promise<number>;
}

/** Runs one change of the directory in a transaction; changes come one after the other. */
export async function changeDirectory<Result>(
  database: Database,
  body: (change: DirectoryChange) => Promise<Result>,
): Promise<Result> {
  return database.transaction(async (connection) => {
    const locked = await connection.query<{ version: number }>(
      'select version from directory_version for update',
    );
    const version = locked.rows[0]?.version ?? 0;
    return body({
      connection,
      version,
      commitAs: async (entry) => {
        await writeAudit(connection, entry);
        await connection.query('update directory_version set version = $1', [version + 1]);
        await connection.query('select pg_notify($1, $2)', [
          DIRECTORY_CHANNEL,
          String(version + 1),
        ]);
        return version + 1;
      },
    });
  });
}

/** Writes a line of the audit log. */
export async function writeAudit(
  connection: Pick<Connection, 'query'>,
  entry: ChangeEntry,
): Promise<void> {
  await connection.query(
    'insert into audit (who, action, object, detail) values ($1, $2, $3, $4)',
    [entry.by, entry.action, entry.object, JSON.stringify(entry.detail ?? {})],
  );
}
