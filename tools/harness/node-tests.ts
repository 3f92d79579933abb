import { spawn } from 'node:child_process';
import { repository } from '../steps.ts';

/** What node's test runner said of test files. */
export interface TestReport {
  readonly passed: readonly string[];
  readonly failed: readonly string[];
  /** What tests tell beside it, as `name: number`. */
  readonly figures: ReadonlyMap<string, number>;
}

/** Runs the tests in the files of a pattern, from the root of the repository. */
export async function runNodeTests(pattern: string): Promise<TestReport> {
  const lines = await outputOf(pattern);
  const names = (mark: RegExp): string[] => lines.flatMap((line) => mark.exec(line)?.[1] ?? []);
  const figures = lines.flatMap((line) => {
    const [, name, value] = /^ℹ (.+): (\d+)$/.exec(line) ?? [];
    return name === undefined ? [] : [[name, Number(value)] as const];
  });
  return {
    passed: names(/^✔ (.*) \([\d.]+ms\)$/),
    failed: [...new Set(names(/^✖ (.*) \([\d.]+ms\)$/))],
    figures: new Map(figures),
  };
}

function outputOf(pattern: string): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    const args = ['--test', '--test-reporter=spec', pattern];
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
