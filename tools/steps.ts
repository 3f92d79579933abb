/** Runs named commands, a few at a time, and prints one line for each; the output only of those that fail. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const repository: string = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');

export interface Step {
  readonly name: string;
  readonly command: readonly string[];
}

interface StepResult {
  readonly ok: boolean;
  readonly output: string;
}

/** True when all steps ended with 0. Steps start in order, `width` at a time. */
export async function runSteps(steps: readonly Step[], width: number): Promise<boolean> {
  const waiting = [...steps];
  let allOk = true;
  const worker = async (): Promise<void> => {
    for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) {
      const begin = performance.now();
      const result = await run(step);
      const seconds = ((performance.now() - begin) / 1000).toFixed(1);
      console.log(`${result.ok ? 'ok    ' : 'FAILED'} ${step.name} (${seconds} s)`);
      if (!result.ok) console.log(result.output.trimEnd());
      allOk &&= result.ok;
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
  return allOk;
}

function run(step: Step): Promise<StepResult> {
  const [program = '', ...args] = step.command;
  const env = {
    ...process.env,
    PATH: `${repository}/node_modules/.bin:${process.env['PATH'] ?? ''}`,
  };
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: repository, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const keep = (chunk: Buffer): void => void (output += chunk.toString());
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', (error) => resolve({ ok: false, output: error.message }));
    child.on('close', (code) => resolve({ ok: code === 0, output }));
  });
}
