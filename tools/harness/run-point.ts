/** Runs another point of `npm run show` in a process of its own. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { pointScript } from '../show/points.ts';

export interface PointLine {
  readonly figures: Readonly<Record<string, unknown>>;
  readonly bounds: readonly { readonly bound: string; readonly ok: boolean; figure?: unknown }[];
}

export class PointRun {
  readonly #child: ChildProcess;
  readonly #line: Promise<string>;

  constructor(point: string, options: readonly string[]) {
    this.#child = spawn(process.execPath, [pointScript(point), ...options], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let line = '';
    this.#child.stdout?.on('data', (chunk: Buffer) => void (line += chunk.toString()));
    this.#line = new Promise((resolve, reject) => {
      this.#child.on('error', reject);
      this.#child.on('close', () => resolve(line));
    });
  }

  /** The line that it printed at its end; throws when it printed none. */
  async line(): Promise<PointLine> {
    return JSON.parse(await this.#line) as PointLine;
  }

  /** Ends it by a signal, on which it ends what it started. */
  async stop(): Promise<void> {
    this.#child.kill('SIGTERM');
    await this.#line.catch(() => undefined);
  }
}
