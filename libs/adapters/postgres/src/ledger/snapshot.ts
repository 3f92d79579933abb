import type { Connection, Database } from '../database.ts';

const TRIES_MAX = 5;

/**
 * Reads one consistent snapshot, records of the log included: TRUNCATE does not ask who still looks, so the tables are
 * locked (for nobody but those who would empty them) before the snapshot is taken.
 */
export async function inSnapshot<Result>(
  database: Database,
  body: (connection: Connection) => Promise<Result>,
): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    const rings = (await database.query<{ ring: number }>(SLICES)).map((row) => row.ring);
    const result = await database.transaction(async (connection) => {
      if (rings.length > 0) {
        const tables = rings.map((ring) => `log_${ring}_record`).join(', ');
        await connection.query(`lock table ${tables} in access share mode`);
      }
      const seen = await connection.query<{ ring: number }>(SLICES);
      // A slice that came between may go while it is read.
      const isLocked = seen.rows.every(({ ring }) => rings.includes(ring));
      return isLocked || attempt === TRIES_MAX ? { value: await body(connection) } : undefined;
    }, 'begin isolation level repeatable read read only');
    if (result) return result.value;
  }
}

const SLICES = 'select ring from log_slice where freed_at is null';
