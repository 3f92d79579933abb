/**
 * `npm test`: installs the servers and clients the tests need, then build, checks, the tests of all packages,
 * and every point of "what it must show" in its short form. Ends with `N passed, N failed`.
 */
import { spawn } from 'node:child_process';
import { repository } from './steps.ts';
import { installMissing } from './install.ts';
import { showPoints } from './show/points.ts';

const missing = await installMissing();
if (missing !== undefined) {
  console.error(missing);
  process.exit(1);
}

const parts: (readonly [string, readonly string[]])[] = [
  ['build', ['node', 'tools/build.ts']],
  ['check', ['node', 'tools/check.ts']],
  [
    'unit and adapter tests',
    ['nx', 'run-many', '-t', 'test', '--parallel=2', '--output-style=static'],
  ],
  ['tests of the harness', ['node', '--test', 'tools/harness/*.test.ts']],
  ['end to end', ['node', '--test', 'tools/e2e/*.test.ts']],
  ...showPoints().map(
    (point) => [`show ${point}`, ['node', 'tools/show.ts', point]] as [string, string[]],
  ),
];

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
console.log(failed.length === 0 ? '' : `\nfailed: ${failed.join(', ')}`);
console.log(`${parts.length - failed.length} passed, ${failed.length} failed`);
process.exitCode = failed.length === 0 ? 0 : 1;

function run(command: readonly string[]): Promise<number> {
  const [program = '', ...args] = command;
  const env = {
    ...process.env,
    PATH: `${repository}/node_modules/.bin:${process.env['PATH'] ?? ''}`,
  };
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: repository,
      env,
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    child.on('error', () => resolve(127));
    child.on('close', (code) => resolve(code ?? 1));
  });
}
