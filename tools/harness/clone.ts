/** A fresh clone of what is committed, used as a newcomer would: `npm ci`, then `npm start`. */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from '../steps.ts';
import { isAlive, processTree, processesInFolder } from './processes.ts';
import { ServerProcess } from './server-process.ts';
import { waitFor } from './wait.ts';

const CI_TIMEOUT_MS = 600_000;
const READY_TIMEOUT_MS = 90_000;
const STOP_TIMEOUT_MS = 45_000;
const OUTPUT_MAX_BYTES = 64 * 1024 * 1024;

/** Who runs it; root when absent. */
export interface User {
  readonly uid: number;
  readonly gid: number;
}

export class Clone {
  readonly folder: string;
  readonly #parent: string;
  readonly #user: User | undefined;
  #process: ServerProcess | undefined;

  constructor(parent: string, mode: number, user?: User) {
    this.#parent = mkdtempSync(join(parent, 'staffetta-clone-'));
    chmodSync(this.#parent, mode);
    this.folder = join(this.#parent, 'staffetta');
    this.#user = user;
    this.#give(this.#parent);
  }

  /** `git clone` by who runs this, whom git trusts with the repository, then `npm ci` by the user. */
  install(): void {
    this.#must(['git', '-c', 'safe.directory=*', 'clone', '-q', repository, this.folder]);
    this.#give(this.folder);
    this.#run(['npm', 'ci', '--no-progress'], this.folder);
  }

  /** The same as another clone that is installed, without fetching all packages again. */
  copyOf(other: Clone): void {
    this.#must(['cp', '-a', other.folder, this.folder]);
    rmSync(join(this.folder, 'data'), { recursive: true, force: true });
    this.#give(this.folder);
  }

  /** `npm start`; ready when `/readyz` says 200 at the telemetry port of `env`. */
  async start(env: NodeJS.ProcessEnv): Promise<void> {
    const started = await ServerProcess.start({
      command: [...this.#as(), 'npm', 'start'],
      cwd: this.folder,
      logFile: this.logFile,
      env: this.#environment(env),
    });
    this.#process = started;
    const url = `http://127.0.0.1:${env['STAFFETTA_TELEMETRY_PORT']}/readyz`;
    await waitFor('npm start is ready', READY_TIMEOUT_MS, async () => {
      if (started.hasExited) throw new Error(`npm start ended: ${this.log()}`);
      return (await fetch(url).catch(() => undefined))?.status === 200;
    });
  }

  /** Runs the command line of the clone. */
  cli(args: readonly string[], env: NodeJS.ProcessEnv, stdin = ''): string {
    return this.#run(['npx', '--no', 'staffetta', ...args], this.folder, env, stdin);
  }

  /** Ctrl-C: SIGINT to all that stand in the terminal's group. Gives whether all processes ended. */
  async interrupt(): Promise<boolean> {
    const running = this.#process;
    if (running === undefined) return true;
    const folders = [this.folder, ...this.#elsewhere()];
    const tree = [...processTree(running.pid), ...folders.flatMap(processesInFolder)];
    process.kill(-running.pid, 'SIGINT');
    try {
      await waitFor('all have ended', STOP_TIMEOUT_MS, () => !tree.some(isAlive));
      return true;
    } catch {
      for (const pid of tree) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
      return false;
    } finally {
      this.#process = undefined;
    }
  }

  get logFile(): string {
    return join(this.#parent, 'log');
  }

  log(): string {
    return existsSync(this.logFile) ? readFileSync(this.logFile, 'utf8') : '';
  }

  async stop(): Promise<void> {
    await this.interrupt();
    for (const folder of this.#elsewhere()) rmSync(folder, { recursive: true, force: true });
    rmSync(this.#parent, { recursive: true, force: true });
  }

  /** Where PostgreSQL's user cannot reach the clone, its data goes elsewhere, and the start says so. */
  #elsewhere(): string[] {
    const named = this.log().matchAll(/\/var\/lib\/staffetta\/[\w-]+/g);
    return [...new Set([...named].map(([path]) => path))];
  }

  #as(): string[] {
    if (this.#user === undefined) return [];
    const { uid, gid } = this.#user;
    return ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'];
  }

  #give(path: string): void {
    if (this.#user === undefined) return;
    spawnSync('chown', ['-R', `${this.#user.uid}:${this.#user.gid}`, path]);
  }

  /** npm of this run must not lead the clone to the packages of this repository. */
  #environment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
    const clean = Object.fromEntries(
      Object.entries(process.env).filter(([key]) => !/^(npm_|STAFFETTA_|NODE_|INIT_CWD)/.test(key)),
    );
    const path = (process.env['PATH'] ?? '')
      .split(':')
      .filter((folder) => !folder.includes('node_modules'))
      .join(':');
    const registry = process.env['npm_config_registry'];
    const home = this.#user === undefined ? {} : { HOME: this.#parent };
    return {
      ...clean,
      PATH: path,
      ...(registry === undefined ? {} : { npm_config_registry: registry }),
      ...home,
      ...env,
    };
  }

  #must(command: readonly string[]): void {
    const [program = '', ...args] = command;
    const { status, stderr } = spawnSync(program, args);
    if (status !== 0) throw new Error(`${command.join(' ')}: ${stderr.toString()}`);
  }

  #run(command: readonly string[], cwd?: string, env: NodeJS.ProcessEnv = {}, stdin = ''): string {
    const [program = '', ...args] = [...this.#as(), ...command];
    const result = spawnSync(program, args, {
      cwd,
      env: this.#environment(env),
      input: stdin,
      timeout: CI_TIMEOUT_MS,
      maxBuffer: OUTPUT_MAX_BYTES,
      encoding: 'utf8',
    });
    if (result.status !== 0) {
      throw new Error(`${command.join(' ')}: ${result.status} ${result.stdout} ${result.stderr}`);
    }
    return result.stdout;
  }
}
