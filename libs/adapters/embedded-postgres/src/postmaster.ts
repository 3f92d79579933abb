import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { COMMAND_ENVIRONMENT } from './command.ts';
import type { Place } from './place.ts';
import { readPostmasterFile } from './postmaster-pid.ts';
import { probeServer } from './probe.ts';
import { isClusterProcess, signalProcess } from './processes.ts';
import { socketIn } from './socket-dir.ts';

/** A running postmaster, ours or one that was taken over. */
export interface Postmaster {
  readonly pid: number;
  /** Resolves when the process is gone. */
  readonly gone: Promise<void>;
}

/** Why a postmaster did not come up, with the end of its log. */
export class StartRefused extends Error {
  override readonly name = 'StartRefused';
  /** Another postmaster, or what is left of one, holds the cluster: look again. */
  readonly held: boolean;

  constructor(log: string) {
    super(`PostgreSQL did not start: ${log.trim() || 'it said nothing'}`);
    this.held = /lock file|pre-existing shared memory/.test(log);
  }
}

const LOOK_MS = 20;
const POLL_GONE_MS = 250;
const START_MAX_MS = 10 * 60_000;
/** A fast shutdown ends with a checkpoint. */
const FAST_STOP_MAX_MS = 60_000;
const IMMEDIATE_STOP_MAX_MS = 5_000;
const LOG_TAIL_BYTES = 2_048;

/** The file with what PostgreSQL says. */
export function logFileOf(root: string): string {
  return join(root, 'postgres.log');
}

/** Starts a postmaster in a session of its own, and waits until it takes connections. */
export async function startPostmaster(place: Place, socketDir: string): Promise<Postmaster> {
  const flags = constants.O_APPEND | constants.O_CREAT | constants.O_RDWR | constants.O_NOFOLLOW;
  const log = await open(logFileOf(place.root), flags, 0o600);
  try {
    const { size: logStart } = await log.stat();
    const child = spawn(place.binaries.postgres, ['-D', place.dataPath], {
      cwd: place.root,
      env: COMMAND_ENVIRONMENT,
      // A session of its own: the terminal's Ctrl-C must not reach it before we have drained.
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
      ...(place.account ? { uid: place.account.uid, gid: place.account.gid } : {}),
    });
    const exited = once(child, 'exit');
    child.unref();
    let over = false;
    const gone = exited.then(
      () => void (over = true),
      () => void (over = true),
    );
    const deadlineMs = Date.now() + START_MAX_MS;
    while (!over && !(await serves(place, socketDir, child.pid))) {
      if (Date.now() > deadlineMs) child.kill('SIGKILL');
      await Promise.race([gone, wait(LOOK_MS)]);
    }
    if (!over && child.pid !== undefined) return { pid: child.pid, gone };
    await gone;
    throw new StartRefused(await readFrom(log, logStart));
  } finally {
    await log.close();
  }
}

async function serves(place: Place, socketDir: string, pid: number | undefined): Promise<boolean> {
  const file = await readPostmasterFile(place.dataPath);
  if (file?.pid !== pid || file?.status !== 'ready') return false;
  return (await probeServer(socketIn(socketDir))) === 'serving';
}

/** Watches a postmaster that is not a child of ours. */
export function watchPostmaster(pid: number, dataPath: string): Postmaster {
  return { pid, gone: pollUntilGone(pid, dataPath) };
}

/** Stops a postmaster: fast, then at once, then by force. Resolves when it is gone. */
export async function stopPostmaster({ pid, gone }: Postmaster, dataPath: string): Promise<void> {
  const steps = [
    ['SIGINT', FAST_STOP_MAX_MS],
    ['SIGQUIT', IMMEDIATE_STOP_MAX_MS],
    ['SIGKILL', IMMEDIATE_STOP_MAX_MS],
  ] as const;
  for (const [signal, limitMs] of steps) {
    if (!(await isClusterProcess(pid, dataPath))) break;
    signalProcess(pid, signal);
    if (await endsWithin(gone, limitMs)) return;
  }
}

async function endsWithin(gone: Promise<void>, limitMs: number): Promise<boolean> {
  const timer = new AbortController();
  const late = wait(limitMs, false, { signal: timer.signal }).catch(() => false);
  const ended = await Promise.race([gone.then(() => true), late]);
  timer.abort();
  return ended;
}

async function pollUntilGone(pid: number, dataPath: string): Promise<void> {
  while (await isClusterProcess(pid, dataPath)) {
    await wait(POLL_GONE_MS, undefined, { ref: false });
  }
}

async function readFrom(log: Awaited<ReturnType<typeof open>>, position: number): Promise<string> {
  const { size } = await log.stat();
  const start = Math.max(position, size - LOG_TAIL_BYTES);
  const { buffer, bytesRead } = await log.read({
    buffer: Buffer.alloc(LOG_TAIL_BYTES),
    position: start,
  });
  return buffer.toString('utf8', 0, bytesRead);
}
