/** What processes cost, from /proc: CPU seconds of whole trees, and memory counted once (PSS). */
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';

/** USER_HZ, fixed by the Linux ABI. */
const TICKS_PER_SECOND = 100;
const KIB = 1024;
/** Fields of /proc/<pid>/stat counted after the closing bracket of the name. */
const STATE = 0;
const PARENT = 1;
const USER_TICKS = 11;
const CHILDREN_SYSTEM_TICKS = 14;

/** The process and all below it that live now. */
export function processTree(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const pid of allPids()) {
    const parent = Number(stat(pid)?.[PARENT]);
    children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  const tree = [root];
  for (const pid of tree) tree.push(...(children.get(pid) ?? []));
  return tree;
}

/** Processes whose working folder is `folder` or below it, oldest first: PostgreSQL works in its data folder. */
export function processesInFolder(folder: string): number[] {
  return allPids().filter((pid) => {
    const cwd = workingFolder(pid);
    return cwd === folder || cwd?.startsWith(`${folder}/`) === true;
  });
}

/**
 * CPU seconds spent so far by these processes and by children of theirs that have ended and were waited for.
 * The difference of two readings is what a tree has used between them.
 */
export function cpuSeconds(pids: readonly number[]): number {
  let ticks = 0;
  for (const pid of new Set(pids)) {
    const fields = stat(pid);
    if (fields === undefined) continue;
    for (const field of fields.slice(USER_TICKS, CHILDREN_SYSTEM_TICKS + 1)) ticks += Number(field);
  }
  return ticks / TICKS_PER_SECOND;
}

/** Proportional memory of the processes, in bytes: a shared page counts once. */
export function pssBytes(pids: readonly number[]): number {
  let kib = 0;
  for (const pid of new Set(pids)) {
    const pss = /^Pss:\s+(\d+) kB/m.exec(readProc(`/proc/${pid}/smaps_rollup`) ?? '')?.[1];
    kib += Number(pss ?? 0);
  }
  return kib * KIB;
}

/** True while the process exists and is not a zombie. */
export function isAlive(pid: number): boolean {
  const state = stat(pid)?.[STATE];
  return state !== undefined && state !== 'Z';
}

function allPids(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);
}

function stat(pid: number): string[] | undefined {
  const text = readProc(`/proc/${pid}/stat`);
  return text?.slice(text.lastIndexOf(')') + 2).split(' ');
}

function workingFolder(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    // The process has ended, or belongs to another user.
    return undefined;
  }
}

function readProc(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // The process has ended.
    return undefined;
  }
}
