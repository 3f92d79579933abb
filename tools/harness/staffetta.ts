/** Starts the product as a stranger would: by environment variables and its command line, seen only from outside. */
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from '../steps.ts';
import { atExit } from './at-exit.ts';
import { containerEnvironment, probePath } from './cluster-pods.ts';
import type { PodContainer } from './cluster-pods.ts';
import { freePort } from './free-ports.ts';
import { processTree, processesInFolder } from './processes.ts';
import type { Relay } from './relay.ts';
import { ServerProcess } from './server-process.ts';
import { tempFolder } from './temp-folder.ts';
import type { TempFolder } from './temp-folder.ts';
import { waitFor } from './wait.ts';

const BIN = join(repository, 'apps/staffetta/bin/staffetta.js');
const READY_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 60_000;
const CLI_TIMEOUT_MS = 60_000;

/** The doors, by the key that sets their port. */
const DOORS = {
  mx: 'SMTP_MX_PORT',
  submission: 'SMTP_SUBMISSION_PORT',
  submissions: 'SMTP_SUBMISSIONS_PORT',
  imap: 'IMAP_PORT',
  imaps: 'IMAP_TLS_PORT',
  pop3: 'POP3_PORT',
  pop3s: 'POP3_TLS_PORT',
  lmtp: 'LMTP_PORT',
  api: 'API_PORT',
  dashboard: 'DASHBOARD_PORT',
  telemetry: 'TELEMETRY_PORT',
  grpc: 'GRPC_PORT',
} as const;

export type Ports = { readonly [door in keyof typeof DOORS]: number };

export interface StaffettaOptions {
  /** Keys without the prefix, as in `{ DELIVERY_REMOTE_PORT: '2526' }`. */
  readonly env?: Readonly<Record<string, string>>;
  readonly services?: readonly string[];
  /** Started and asked as this pod of the chart, and not by `services`. */
  readonly pod?: Pod;
  readonly dataDir?: string;
  /** Options of node itself, as `--cpu-prof`. */
  readonly nodeOptions?: readonly string[];
}

/** A container of the chart, and the staffetta.yaml that it reads. */
export interface Pod {
  readonly container: PodContainer;
  readonly config: Readonly<Record<string, unknown>>;
}

export interface CliResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export class Staffetta implements Relay {
  readonly ports: Ports;
  readonly dataDir: string;
  readonly logFile: string;
  readonly #args: readonly string[];
  /** Paths of the telemetry port that say 200 in turn while it starts; the last one says so while it is ready. */
  readonly #startPaths: readonly string[];
  readonly #nodeOptions: readonly string[];
  readonly #env: NodeJS.ProcessEnv;
  readonly #folder: TempFolder;
  #process: ServerProcess | undefined;
  readonly #forget: () => void;

  private constructor(options: StaffettaOptions, ports: Ports) {
    this.ports = ports;
    this.#folder = tempFolder('data');
    this.dataDir = options.dataDir ?? join(this.#folder.path, 'data');
    this.logFile = join(this.#folder.path, 'staffetta.log');
    this.#forget = atExit(() => this.killPostgres());
    this.#nodeOptions = options.nodeOptions ?? [];
    const { pod, services = [], env = {} } = options;
    const settings = this.#settings(env);
    if (pod === undefined) {
      this.#args = ['start', ...services];
      this.#startPaths = ['/readyz'];
      // All in one process call each other directly, unless a test says otherwise.
      if (services.length === 0 && env['GRPC_PORT'] === undefined) {
        delete settings['STAFFETTA_GRPC_PORT'];
      }
      this.#env = { ...cleanEnvironment(), ...OF_ONE_MACHINE, ...settings };
    } else {
      const { args, startupProbe, readinessProbe } = pod.container;
      this.#args = args;
      this.#startPaths = [probePath(startupProbe), probePath(readinessProbe)];
      settings['STAFFETTA_CONFIG'] = join(this.#folder.path, 'staffetta.yaml');
      // JSON is YAML.
      writeFileSync(settings['STAFFETTA_CONFIG'], JSON.stringify(pod.config));
      this.#env = { ...cleanEnvironment(), ...containerEnvironment(pod.container, settings) };
    }
  }

  /** Chooses free ports and a data folder; nothing runs yet. */
  static async prepare(options: StaffettaOptions = {}): Promise<Staffetta> {
    const ports: Record<string, number> = {};
    for (const door of Object.keys(DOORS)) ports[door] = await freePort();
    return new Staffetta(options, ports as Ports);
  }

  /** Runs and ready. */
  static async start(options: StaffettaOptions = {}): Promise<Staffetta> {
    const staffetta = await Staffetta.prepare(options);
    try {
      await staffetta.start();
    } catch (error) {
      await staffetta.stop();
      throw error;
    }
    return staffetta;
  }

  /** Starts the process on the same ports and data, and waits until it says that it is ready. */
  async start(): Promise<void> {
    const started = await ServerProcess.start({
      command: [process.execPath, ...this.#nodeOptions, BIN, ...this.#args],
      logFile: this.logFile,
      env: this.#env,
      cwd: this.#folder.path,
    });
    this.#process = started;
    for (const path of this.#startPaths) {
      await waitFor(`${path} is 200`, READY_TIMEOUT_MS, async () => {
        if (started.hasExited) {
          throw new Error(`staffetta ended with ${await started.exited}:\n${tail(this.log())}`);
        }
        return this.saysYes(path);
      });
    }
  }

  /** The settings of the doors alone, for a process that somebody else starts. */
  get doorSettings(): NodeJS.ProcessEnv {
    return Object.fromEntries(
      Object.entries(this.#env).filter(([key]) => /^STAFFETTA_.*_PORT$/.test(key)),
    );
  }

  get isRunning(): boolean {
    return this.#process !== undefined && !this.#process.hasExited;
  }

  get pid(): number {
    if (this.#process === undefined) throw new Error('staffetta was not started');
    return this.#process.pid;
  }

  get servicePids(): readonly number[] {
    return [this.pid];
  }

  isReady(): Promise<boolean> {
    return this.saysYes(this.#startPaths.at(-1) ?? '');
  }

  /** Whether a path of the telemetry port says 200. */
  async saysYes(path: string): Promise<boolean> {
    try {
      const reply = await fetch(`http://127.0.0.1:${this.ports.telemetry}${path}`);
      await reply.arrayBuffer();
      return reply.status === 200;
    } catch {
      // Refused or cut off: it is not ready.
      return false;
    }
  }

  /** Recipients without an outcome, as `staffetta ledger check` counts them, asked without starting it. */
  async queueLength(): Promise<number> {
    const token = readFileSync(join(this.dataDir, 'admin-token'), 'utf8').trim();
    const url = `http://127.0.0.1:${this.ports.dashboard}/api/admin/v1/ledger`;
    const reply = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
    if (!reply.ok) throw new Error(`the ledger: ${reply.status} ${await reply.text()}`);
    return ((await reply.json()) as { waiting: number }).waiting;
  }

  /** Every process of it: node's tree and PostgreSQL's. */
  pids(): number[] {
    return [...new Set([...processTree(this.pid), ...this.postgresPids()])];
  }

  /** Runs the command line with the same configuration. */
  cli(args: readonly string[], stdin = ''): Promise<CliResult> {
    return new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [BIN, ...args], {
        env: this.#env,
        cwd: this.#folder.path,
        timeout: CLI_TIMEOUT_MS,
      });
      let stdout = '';
      let stderr = '';
      child.stdout.on('data', (chunk: Buffer) => void (stdout += chunk.toString()));
      child.stderr.on('data', (chunk: Buffer) => void (stderr += chunk.toString()));
      child.on('error', reject);
      child.on('close', (code) => resolve({ code: code ?? -1, stdout, stderr }));
      child.stdin.on('error', () => undefined);
      child.stdin.end(stdin);
    });
  }

  /** Runs the command line and throws when it does not end with 0. */
  async must(args: readonly string[], stdin = ''): Promise<string> {
    const result = await this.cli(args, stdin);
    if (result.code !== 0) {
      throw new Error(`staffetta ${args.join(' ')} ended with ${result.code}: ${result.stderr}`);
    }
    return result.stdout;
  }

  /** The processes of the embedded PostgreSQL, its postmaster first. */
  postgresPids(): number[] {
    return processesInFolder(this.dataDir).filter((pid) => pid !== this.#process?.pid);
  }

  log(): string {
    return readFileSync(this.logFile, 'utf8');
  }

  signal(signal: NodeJS.Signals): void {
    this.#process?.signal(signal);
  }

  get exited(): Promise<number | NodeJS.Signals> {
    if (this.#process === undefined) throw new Error('staffetta was not started');
    return this.#process.exited;
  }

  /** SIGTERM; gives the exit code. */
  async terminate(): Promise<number | NodeJS.Signals> {
    if (this.#process === undefined) throw new Error('staffetta was not started');
    return this.#process.stop(STOP_TIMEOUT_MS);
  }

  /** Kills node alone. */
  async killNode(): Promise<void> {
    this.#process?.signal('SIGKILL');
    await this.#process?.exited;
  }

  /** Kills every process of PostgreSQL at once. */
  killPostgres(): void {
    for (const pid of this.postgresPids()) killQuietly(pid);
  }

  /** Ends all of it and removes the data. */
  async stop(): Promise<void> {
    if (this.#process !== undefined) await this.terminate();
    this.killPostgres();
    this.#forget();
    this.#folder.stop();
  }

  #settings(env: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
    const settings: NodeJS.ProcessEnv = {
      STAFFETTA_DATA_DIR: this.dataDir,
      STAFFETTA_LISTEN: '127.0.0.1',
      STAFFETTA_HOSTNAME: 'relay.test',
    };
    for (const [door, key] of Object.entries(DOORS)) {
      settings[`STAFFETTA_${key}`] = String(this.ports[door as keyof Ports]);
    }
    for (const [key, value] of Object.entries(env)) settings[`STAFFETTA_${key}`] = value;
    return settings;
  }
}

/** Other servers are here too, and the disk is not ours alone; the chart is told so by its values. */
const OF_ONE_MACHINE = {
  STAFFETTA_DELIVERY_ALLOW_LOOPBACK: 'true',
  STAFFETTA_STORAGE_MIN_FREE_PERCENT: '1',
};

/** The harness decides what the product is told; nothing leaks in from the shell. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const env = { ...process.env };
  for (const key of Object.keys(env)) if (key.startsWith('STAFFETTA_')) delete env[key];
  delete env['NODE_OPTIONS'];
  return env;
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended between the look and the kill.
  }
}

const TAIL_CHARACTERS = 3_000;

function tail(text: string): string {
  return text.slice(-TAIL_CHARACTERS);
}
