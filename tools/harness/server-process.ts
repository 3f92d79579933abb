/** A program started by the harness: its output goes to a file, and it is ended by its own pid only. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { atExit } from './at-exit.ts';

const SYSTEM_FOLDERS = '/usr/sbin:/sbin:/usr/local/sbin';
const STOP_TIMEOUT_MS = 15_000;

export interface ProcessOptions {
  readonly command: readonly string[];
  readonly logFile: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** A session of its own, so that a Ctrl-C of the harness does not reach it. */
  readonly detached?: boolean;
}

export class ServerProcess {
  readonly pid: number;
  readonly logFile: string;
  readonly exited: Promise<number | NodeJS.Signals>;
  hasExited = false;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, logFile: string) {
    this.#child = child;
    this.pid = child.pid as number;
    this.logFile = logFile;
    const forget = atExit(() => this.signal('SIGKILL'));
    this.exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.hasExited = true;
        forget();
        resolve(code ?? (signal as NodeJS.Signals));
      });
    });
  }

  static async start(options: ProcessOptions): Promise<ServerProcess> {
    const [program = '', ...args] = options.command;
    const log = openSync(options.logFile, 'a');
    const env = options.env ?? process.env;
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: { ...env, PATH: `${env['PATH'] ?? ''}:${SYSTEM_FOLDERS}` },
      stdio: ['ignore', log, log],
      detached: options.detached ?? true,
    });
    closeSync(log);
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
    return new ServerProcess(child, options.logFile);
  }

  log(): string {
    return readFileSync(this.logFile, 'utf8');
  }

  signal(signal: NodeJS.Signals): void {
    if (!this.hasExited) this.#child.kill(signal);
  }

  /** SIGTERM, then SIGKILL when it does not end in time. */
  async stop(timeoutMs: number = STOP_TIMEOUT_MS): Promise<number | NodeJS.Signals> {
    this.signal('SIGCONT');
    this.signal('SIGTERM');
    const timer = setTimeout(() => this.signal('SIGKILL'), timeoutMs);
    const code = await this.exited;
    clearTimeout(timer);
    return code;
  }
}
