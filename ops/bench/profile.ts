/**
 * Where node's time goes while mail passes: `node ops/bench/profile.ts [KB [MESSAGES]]` runs the load of the relay
 * bench under V8's sampling profiler and prints self time by package and by function, main thread and workers.
 */
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startStaffetta } from './contestants.ts';
import { measure } from './measure.ts';

interface Profile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: {
      readonly functionName: string;
      readonly url: string;
      readonly lineNumber: number;
    };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

const KB = 1024;
const WARM_UP_MESSAGES = 2_000;
const LINES_MAX = 40;
const US_PER_MS = 1000;

const [kilobytes = '10', count = '5000'] = process.argv.slice(2);
const messages = Number(count);
const folder = mkdtempSync(join(tmpdir(), 'staffetta-profile-'));
const contestant = await startStaffetta(['--cpu-prof', `--cpu-prof-dir=${folder}`]);
const load = { name: 'profile', sizeBytes: Number(kilobytes) * KB, keepConnections: true };
await measure(contestant, { ...load, messages: WARM_UP_MESSAGES });
console.log(await measure(contestant, { ...load, messages }));
await contestant.stop();
for (const file of readdirSync(folder)) print(file, readProfile(join(folder, file)));
rmSync(folder, { recursive: true });

function readProfile(path: string): Profile {
  return JSON.parse(readFileSync(path, 'utf8')) as Profile;
}

function print(file: string, { nodes, samples, timeDeltas }: Profile): void {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const byPackage = new Map<string, number>();
  const byFunction = new Map<string, number>();
  let total = 0;
  for (const [at, id] of samples.entries()) {
    const frame = frames.get(id);
    if (frame === undefined || frame.functionName === '(idle)') continue;
    const us = timeDeltas[at] ?? 0;
    total += us;
    const place = packageOf(frame.url);
    add(byPackage, place === '' ? frame.functionName : place, us);
    add(byFunction, `${frame.functionName || '(anonymous)'} ${place}:${frame.lineNumber + 1}`, us);
  }
  console.log(`\n${file}: ${Math.round(total / US_PER_MS)} ms not idle`);
  for (const table of [byPackage, byFunction]) {
    const rows = [...table].sort(([, a], [, b]) => b - a).slice(0, LINES_MAX);
    for (const [name, us] of rows) {
      console.log(`${((us * 100) / total).toFixed(1).padStart(6)} %  ${name}`);
    }
    console.log('');
  }
}

function add(table: Map<string, number>, name: string, us: number): void {
  table.set(name, (table.get(name) ?? 0) + us);
}

/** `libs/adapters/postgres`, `pg`, `node:net`; the file too for our own code. */
function packageOf(url: string): string {
  const external = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1];
  if (external !== undefined) return external;
  return /(?:libs|apps)\/.*$/.exec(url)?.[0].replace('/dist/', '/') ?? url;
}
