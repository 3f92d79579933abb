import { spawn } from 'node:child_process';

const TIMEOUT_MS = 60_000;

export interface ProgramResult {
  readonly code: number;
  /** stdout and stderr as they came. */
  readonly output: string;
}

/** Runs a client to its end. Not synchronous: servers of this process must be able to answer it. */
export function runProgram(
  command: readonly string[],
  stdin = '',
  timeoutMs: number = TIMEOUT_MS,
): Promise<ProgramResult> {
  const [program = '', ...args] = command;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { timeout: timeoutMs });
    let output = '';
    const keep = (chunk: Buffer): void => void (output += chunk.toString('latin1'));
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.stdin.on('error', () => undefined);
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? -1, output }));
    child.stdin.end(stdin);
  });
}

/** Throws, with what it said, when it does not end with 0. */
export async function mustRun(
  command: readonly string[],
  stdin = '',
  timeoutMs: number = TIMEOUT_MS,
): Promise<string> {
  const { code, output } = await runProgram(command, stdin, timeoutMs);
  if (code !== 0) throw new Error(`${command[0]} ended with ${code}: ${output}`);
  return output;
}
