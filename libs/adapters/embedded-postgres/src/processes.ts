import { readFile, readdir, readlink } from 'node:fs/promises';
import { runCommand } from './command.ts';

const ON_LINUX = process.platform === 'linux';

/**
 * The living processes of a cluster, by number: on Linux all of them (each has the data folder as its working
 * directory), elsewhere the postmaster alone. A zombie is not alive: it holds neither memory nor files.
 */
export async function clusterProcesses(dataPath: string, postmasterPid: number): Promise<number[]> {
  if (!ON_LINUX) return (await isClusterProcess(postmasterPid, dataPath)) ? [postmasterPid] : [];
  const pids = (await readdir('/proc')).map(Number).filter((pid) => pid > 0);
  const belong = await Promise.all(pids.map((pid) => isClusterProcess(pid, dataPath)));
  return pids.filter((_pid, index) => belong[index]);
}

/** Whether a process is alive and a PostgreSQL on this data folder; its number alone may have been given to another. */
export async function isClusterProcess(pid: number, dataPath: string): Promise<boolean> {
  if (pid <= 0) return false;
  if (!ON_LINUX) return isPostmasterByPs(pid, dataPath);
  try {
    if ((await readlink(`/proc/${pid}/cwd`)) !== dataPath) return false;
    return (await readFile(`/proc/${pid}/comm`, 'utf8')).startsWith('postgres');
  } catch {
    // It ended, or is another user's: not one of ours either way.
    return false;
  }
}

async function isPostmasterByPs(pid: number, dataPath: string): Promise<boolean> {
  const { exitCode, output } = await runCommand('ps', ['-o', 'stat=,command=', '-p', String(pid)]);
  return exitCode === 0 && !output.trim().startsWith('Z') && output.includes(`-D ${dataPath}`);
}

/** Sends a signal; false where the process is gone. */
export function signalProcess(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}
