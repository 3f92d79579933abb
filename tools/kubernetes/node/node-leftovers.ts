/** What a node may leave in the machine when its programs have ended. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';

const CONTROL_GROUPS = '/sys/fs/cgroup';
const NETWORKS = '/run/netns';

/** The networks of pods that are there now. */
export function podNetworks(): readonly string[] {
  if (!existsSync(NETWORKS)) return [];
  return readdirSync(NETWORKS).filter((name) => name.startsWith('cni-'));
}

/** Mounts under the node's folder, networks of pods but for those of others, and the control groups of pods. */
export function removeLeftovers(folder: string, networksOfOthers: readonly string[]): void {
  for (const mount of mountsUnder(folder)) execFileSync('umount', ['--lazy', mount]);
  for (const name of podNetworks()) {
    if (!networksOfOthers.includes(name)) execFileSync('ip', ['netns', 'delete', name]);
  }
  for (const kind of readdirSync(CONTROL_GROUPS)) {
    const groups = join(CONTROL_GROUPS, kind, 'kubepods');
    if (existsSync(groups)) removeGroup(groups);
  }
}

/** The deepest first. */
function mountsUnder(folder: string): string[] {
  return readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .flatMap((line) => line.split(' ')[1] ?? [])
    .filter((path) => path.startsWith(`${folder}/`))
    .toSorted((a, b) => b.length - a.length);
}

/** A control group goes when it has no processes and no groups in it. */
function removeGroup(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) removeGroup(join(folder, entry.name));
  }
  rmdirSync(folder);
}
