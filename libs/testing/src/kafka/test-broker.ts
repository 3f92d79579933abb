import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';

const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 15_000;
const LOOK_MS = 50;
/** Small: many tests run on few cores. */
const JAVA_OPTIONS = ['-Xmx512m', '-XX:+UseSerialGC'];
const COMPILERS = { first: ['-XX:TieredStopAtLevel=1'], all: [] } as const;

/** Which of Java's compilers work: the first one is quick to start, all of them are fast after some minutes. */
export type JavaCompilers = keyof typeof COMPILERS;

/** What a broker is started with. */
export interface BrokerSettings {
  /** The folder with Kafka's jars. */
  readonly jars: string;
  /** A folder of its own. */
  readonly folder: string;
  readonly clusterId: string;
  readonly port: number;
  readonly compilers: JavaCompilers;
  /** The contents of server.properties. */
  readonly properties: Readonly<Record<string, string | number>>;
  /** Users, as `--add-scram` takes them. */
  readonly scram: readonly string[];
}

/** One Kafka broker as a process, with what may happen to it. */
export class TestBroker {
  readonly #settings: BrokerSettings;
  #process: ChildProcess | undefined;

  constructor(settings: BrokerSettings) {
    this.#settings = settings;
    process.once('exit', () => this.#process?.kill('SIGKILL'));
  }

  /** `host:port` for clients. */
  get address(): string {
    return `127.0.0.1:${this.#settings.port}`;
  }

  /** Where its settings, data and output are. */
  get folder(): string {
    return this.#settings.folder;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Makes the data folder; once. */
  async format(): Promise<void> {
    const { folder, clusterId, properties, scram } = this.#settings;
    const lines = Object.entries({ ...properties, 'log.dirs': join(folder, 'data') });
    const text = lines.map(([name, value]) => `${name}=${value}\n`).join('');
    await writeFile(this.#propertiesFile, text);
    // An id may begin with a dash.
    const format = ['format', `--cluster-id=${clusterId}`, '-c', this.#propertiesFile];
    for (const user of scram) format.push('--add-scram', user);
    await promisify(execFile)('java', this.#java('kafka.tools.StorageTool', format));
  }

  /** Starts the process, on the data that is there; `ready` tells when it serves. */
  async start(): Promise<void> {
    const output = await open(this.#outputFile, 'a');
    const java = this.#java('kafka.Kafka', [this.#propertiesFile]);
    this.#process = spawn('java', java, { stdio: ['ignore', output.fd, output.fd] });
    await output.close();
  }

  async ready(): Promise<void> {
    const untilMs = Date.now() + START_TIMEOUT_MS;
    while (!(await this.#accepts())) {
      if (Date.now() > untilMs || this.#process?.exitCode !== null) {
        const output = await readFile(this.#outputFile, 'utf8');
        throw new Error(`Kafka did not start:\n${output.slice(-2_000)}`);
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  /** The process is gone at once, as with `kill -9`. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** SIGTERM; by force when it takes long. */
  async stop(): Promise<void> {
    const force = setTimeout(() => this.#process?.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await this.#end('SIGTERM');
    clearTimeout(force);
  }

  /** After `kill` or `stop`; resolves when it serves. */
  async restart(): Promise<void> {
    await this.start();
    await this.ready();
  }

  /** It stands still (SIGSTOP) until `resume`. */
  pause(): void {
    this.#process?.kill('SIGSTOP');
  }

  resume(): void {
    this.#process?.kill('SIGCONT');
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    // One that stands still does not see its signal.
    child.kill('SIGCONT');
    await ended;
  }

  #accepts(): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = connect(this.#settings.port, '127.0.0.1');
      const done = (accepted: boolean): void => {
        socket.destroy();
        resolve(accepted);
      };
      socket.once('connect', () => done(true)).once('error', () => done(false));
    });
  }

  #java(mainClass: string, args: readonly string[]): string[] {
    const { jars, compilers } = this.#settings;
    const classPath = ['-cp', join(jars, '*')];
    return [...JAVA_OPTIONS, ...COMPILERS[compilers], ...classPath, mainClass, ...args];
  }

  get #propertiesFile(): string {
    return join(this.#settings.folder, 'server.properties');
  }

  get #outputFile(): string {
    return join(this.#settings.folder, 'output.log');
  }
}
