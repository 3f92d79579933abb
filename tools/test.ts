/**
 * `npm test`: installs the servers and clients the tests need, then build, checks, the tests of all packages,
 * and every point of "what it must show" in its short form. Ends with `N passed, N failed`.
 */
import { spawn } from 'node:child_process';
import { installMissing } from './install.ts';
import { showPoints } from './show/points.ts';
import { repository } from './steps.ts';

type Part = readonly [name: string, command: readonly string[]];

/** By hand, for there is no time for them here: the suite in a cluster, its speed, the API server, queries under faults. */
const BY_HAND = ['2.1', '2.4', '3.2', '3.3', '3.4'];

const missing = await installMissing();
if (missing !== undefined) {
  console.error(missing);
  process.exit(1);
}

const parts: readonly Part[] = [
  ['build', ['node', 'tools/build.ts']],
  ['check', ['node', 'tools/check.ts']],
  ['packages', ['nx', 'run-many', '-t', 'test', '--parallel=2', '--output-style=static']],
  ['harness', ['node', '--test', 'tools/harness/*.test.ts']],
  ['end to end', ['node', '--test', 'tools/e2e/*.test.ts']],
  ...showPoints()
    .filter((point) => !BY_HAND.includes(point))
    .map((point): Part => [`show ${point}`, ['node', 'tools/show.ts', point]]),
];

/** What node's test runner said in its closing lines, over all packages. */
const closing = new Map([
  ['tests', 0],
  ['pass', 0],
  ['fail', 0],
]);
const failed: string[] = [];
for (const [name, command] of parts) {
  console.log(`\n== ${name}`);
  const begin = performance.now();
  const code = await run(command);
  const seconds = Math.round((performance.now() - begin) / 1000);
  console.log(`== ${name}: ${code === 0 ? 'passed' : `FAILED (exit ${code})`} in ${seconds} s`);
  if (code !== 0) failed.push(name);
  // Without a build nothing after it says anything.
  if (code !== 0 && name === 'build') break;
}
console.log('');
for (const [word, count] of closing) console.log(`# ${word} ${count}`);
if (failed.length > 0) console.log(`failed: ${failed.join(', ')}`);
console.log(`${parts.length - failed.length} passed, ${failed.length} failed`);
process.exitCode = failed.length === 0 ? 0 : 1;

function run(command: readonly string[]): Promise<number> {
  const [program = '', ...args] = command;
  const env = {
    ...process.env,
    PATH: `${repository}/node_modules/.bin:${process.env['PATH'] ?? ''}`,
    // Plain closing lines, whatever nx thinks of the terminal.
    FORCE_COLOR: '0',
  };
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: repository,
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let rest = '';
    child.stdout.on('data', (chunk: Buffer) => {
      process.stdout.write(chunk);
      const lines = (rest + chunk.toString()).split('\n');
      rest = lines.pop() ?? '';
      lines.forEach(count);
    });
    child.on('error', () => resolve(127));
    child.on('close', (code) => resolve(code ?? 1));
  });
}

function count(line: string): void {
  const match = /^(?:ℹ|#) (tests|pass|fail) (\d+)$/.exec(line);
  const [, word = '', number = 0] = match ?? [];
  if (match !== null) closing.set(word, (closing.get(word) ?? 0) + Number(number));
}
