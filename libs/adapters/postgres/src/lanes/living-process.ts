/**
 * A process that holds its data folder's lock may be stopped and have its connections still; one that has given no sign
 * of life for so long is dead, machine and all.
 */
const DEAD_AFTER = `interval '60 seconds'`;

/**
 * Whether a process may have connections open, as a condition on an expression for its instance's id. The lock on its
 * data folder ends with it: the database knows of that before any time-out.
 */
export function mayBeAlive(instanceId: string): string {
  return `exists (
    select from instance as living where living.id = ${instanceId}
      and living.heartbeat_at > now() - ${DEAD_AFTER}
      and exists (
        select from pg_locks where locktype = 'advisory' and granted
          and database = (select oid from pg_database where datname = current_database())
          and (classid::bigint << 32) | objid::bigint = hashtextextended(living.data_folder, 2025)
      )
  )`;
}
