import { statfs } from 'node:fs/promises';
import { totalmem } from 'node:os';

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;

/** The settings file of a PostgreSQL that holds a mail log, for the machine and disk it is on. */
export async function settingsFor(root: string, socketDir: string): Promise<string> {
  const { blocks, bsize } = await statfs(root);
  const memoryBytes = Math.min(totalmem(), process.constrainedMemory() || Number.MAX_SAFE_INTEGER);
  return formatSettings(socketDir, { diskBytes: blocks * bsize, memoryBytes });
}

/** Settings for a disk and a memory of a given size. */
export function formatSettings(
  socketDir: string,
  { diskBytes, memoryBytes }: { diskBytes: number; memoryBytes: number },
): string {
  // Segments that a checkpoint has not freed yet must not be what fills a small disk.
  const walMaxBytes = clamp(diskBytes / 8, 64 * MIB, 4 * GIB);
  const sharedBuffersBytes = clamp(memoryBytes / 8, 32 * MIB, 256 * MIB);
  const settings: Record<string, string> = {
    listen_addresses: "''",
    unix_socket_directories: quote(socketDir),
    unix_socket_permissions: '0700',
    max_connections: '100',
    // A backend whose client was killed lets go of its locks, though it waits for another.
    client_connection_check_interval: '2s',

    fsync: 'on',
    synchronous_commit: 'on',
    full_page_writes: 'on',
    // What a backup while it runs needs.
    wal_level: 'replica',
    max_wal_senders: '0',
    // A restored backup has all of its WAL in pg_wal; nobody may connect before it is at its end.
    restore_command: "'false'",
    hot_standby: 'off',
    max_logical_replication_workers: '0',
    wal_compression: 'off',
    wal_buffers: '16MB',
    max_wal_size: mib(walMaxBytes),
    min_wal_size: mib(Math.max(32 * MIB, Math.min(walMaxBytes / 4, GIB))),
    checkpoint_timeout: '15min',
    checkpoint_completion_target: '0.9',

    shared_buffers: mib(sharedBuffersBytes),
    huge_pages: 'off',
    work_mem: '8MB',
    maintenance_work_mem: '64MB',
    max_locks_per_transaction: '256',
    jit: 'off',
    max_parallel_workers_per_gather: '0',
    random_page_cost: '1.1',
    autovacuum: 'on',
    autovacuum_naptime: '15s',

    timezone: "'UTC'",
    log_timezone: "'UTC'",
    log_min_messages: 'warning',
    log_checkpoints: 'off',
    log_line_prefix: "'%m [%p] '",
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}`);
  return `# Written at each start; put your own settings in local.conf beside this file.\n${lines.join('\n')}\n`;
}

function clamp(value: number, min: number, max: number): number {
  return Math.min(Math.max(value, min), max);
}

function mib(bytes: number): string {
  return `${Math.floor(bytes / MIB)}MB`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
