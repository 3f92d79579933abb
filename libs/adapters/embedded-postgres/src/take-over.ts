import { setTimeout as wait } from 'node:timers/promises';
import type { Log } from './log.ts';
import { readPostmasterFile, removeStaleFile } from './postmaster-pid.ts';
import { probeServer } from './probe.ts';
import { clusterProcesses, signalProcess } from './processes.ts';
import { socketIn } from './socket-dir.ts';

/** A postmaster that serves. */
export interface RunningPostmaster {
  readonly pid: number;
  readonly socketDir: string;
}

const LOOK_MS = 50;
/** A postmaster that recovers after a crash may take this long before it answers. */
const RECOVERY_MAX_MS = 10 * 60_000;
/** A postmaster that stops writes its dirty pages first. */
const STOPPING_MAX_MS = 60_000;
/** What a dead postmaster leaves ends by itself within moments; what does not is killed after this. */
const ORPHANS_MAX_MS = 5_000;
/** After a kill that cannot be refused. */
const KILLED_MAX_MS = 10_000;

type Situation =
  | { readonly kind: 'free' }
  | { readonly kind: 'serving'; readonly postmaster: RunningPostmaster }
  | { readonly kind: 'starting' | 'stopping' | 'orphans'; readonly pids: readonly number[] };

const LIMITS_MS = {
  starting: RECOVERY_MAX_MS,
  stopping: STOPPING_MAX_MS,
  orphans: ORPHANS_MAX_MS,
} as const;

/**
 * Waits until the cluster either serves, and returns its postmaster, or has no process left, and returns undefined.
 * What does neither in time is killed: only PostgreSQL's own recovery is asked of the next start.
 */
export async function awaitCluster(
  dataPath: string,
  log: Log,
): Promise<RunningPostmaster | undefined> {
  let since = { kind: '', atMs: 0, killed: false };
  for (;;) {
    const situation = await lookAt(dataPath);
    if (situation.kind === 'free') return undefined;
    if (situation.kind === 'serving') return situation.postmaster;
    const nowMs = Date.now();
    if (since.kind !== situation.kind) {
      since = { kind: situation.kind, atMs: nowMs, killed: false };
      log.info(
        { pids: situation.pids },
        `waiting for a PostgreSQL that is there: ${situation.kind}`,
      );
    }
    const waitedMs = nowMs - since.atMs;
    if (waitedMs > LIMITS_MS[situation.kind] + KILLED_MAX_MS) {
      throw new Error(
        `PostgreSQL on ${dataPath} does not end: processes ${situation.pids.join(', ')}`,
      );
    }
    if (waitedMs > LIMITS_MS[situation.kind] && !since.killed) {
      since = { ...since, killed: true };
      log.warn({ pids: situation.pids }, `killing a PostgreSQL that is still ${situation.kind}`);
      for (const pid of situation.pids) signalProcess(pid, 'SIGKILL');
    }
    await wait(LOOK_MS);
  }
}

async function lookAt(dataPath: string): Promise<Situation> {
  const file = await readPostmasterFile(dataPath);
  const pids = await clusterProcesses(dataPath, file?.pid ?? 0);
  if (pids.length === 0) {
    if (file && (await readPostmasterFile(dataPath))?.content === file.content) {
      await removeStaleFile(dataPath, file);
    }
    return { kind: 'free' };
  }
  if (!file || !pids.includes(file.pid)) return { kind: file ? 'orphans' : 'starting', pids };
  if (file.status === 'stopping') return { kind: 'stopping', pids };
  if (file.status !== 'ready' || (await probeServer(socketIn(file.socketDir))) !== 'serving') {
    return { kind: 'starting', pids };
  }
  return { kind: 'serving', postmaster: { pid: file.pid, socketDir: file.socketDir } };
}
