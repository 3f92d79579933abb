/**
 * `npm run show -- 1.3 [--long] [--record]` runs one point. The point prints its progress on stderr and one JSON
 * line `{ point, figures, bounds, ok }` on stdout, and ends with 1 when a bound is missed. `--record` keeps the
 * figures in `docs/shown.md`.
 */
import { spawn } from 'node:child_process';
import { pointScript, showPoints } from './show/points.ts';
import { record } from './show/record.ts';

const OPTIONS = ['--long', '--record'];

const [point, ...options] = process.argv.slice(2);
const points = showPoints();
if (
  point === undefined ||
  !points.includes(point) ||
  options.some((option) => !OPTIONS.includes(option))
) {
  console.error(`usage: npm run show -- POINT [--long] [--record]\npoints: ${points.join(', ')}`);
  process.exit(2);
}
const child = spawn(process.execPath, [pointScript(point), ...options], {
  stdio: ['inherit', 'pipe', 'inherit'],
});
let line = '';
child.stdout.on('data', (chunk: Buffer) => void (line += chunk.toString()));
// The point ends what it started; a signal reaches it through the terminal's group or from here.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
child.on('close', (code) => {
  process.stdout.write(line);
  if (options.includes('--record') && line !== '') {
    record(line, options.includes('--long') ? 'long' : 'short');
  }
  process.exitCode = code ?? 1;
});
