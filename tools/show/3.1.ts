/** The chart, in every preset and with 200 random values files, makes valid objects; a bad value is refused by name. */
import { spawn } from 'node:child_process';
import { Point } from '../harness/point.ts';
import { repository } from '../steps.ts';

const TESTS = 'tools/kubernetes/*.test.ts';

await new Point('3.1').run(async (point) => {
  const lines = await runTests();
  const passed = lines.flatMap((line) => /^✔ (.*) \([\d.]+ms\)$/.exec(line)?.[1] ?? []);
  const failed = lines.flatMap((line) => /^✖ (.*) \([\d.]+ms\)$/.exec(line)?.[1] ?? []);
  const counted = (pattern: RegExp): number => passed.filter((name) => pattern.test(name)).length;
  point.figure('tests', passed.length);
  point.bound('no test fails', failed.length === 0, failed);
  point.bound('every preset is rendered and valid', counted(/: Helm 3 and 4 find nothing/) === 4);
  point.bound('200 random values files are', counted(/^200 random values files give/) === 1);
  const refused = counted(/^refused, and named: /);
  point.bound('bad values are refused with a message that names them', refused >= 10, refused);
  const found = counted(/^found in a /);
  point.bound('the checks find what is changed for the worse', found >= 20, found);
});

/** The lines of node's test runner. */
function runTests(): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    const args = ['--test', '--test-reporter=spec', TESTS];
    const child = spawn(process.execPath, args, {
      cwd: repository,
      env: { ...process.env, NODE_TEST_CONTEXT: undefined, FORCE_COLOR: '0' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.on('error', reject);
    child.on('close', () => resolve(output.split('\n').map((line) => line.trim())));
  });
}
