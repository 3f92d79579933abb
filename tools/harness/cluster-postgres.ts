/** The PostgreSQL of a cluster: a real one, kept running by the harness as an operator's supervisor would keep it. */
import { appendFileSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '@staffetta/embedded-postgres';
import type { EmbeddedPostgres } from '@staffetta/embedded-postgres';
import { atExit } from './at-exit.ts';
import { processesInFolder } from './processes.ts';
import { tempFolder } from './temp-folder.ts';
import type { TempFolder } from './temp-folder.ts';
import { waitFor } from './wait.ts';

/** Two of every service, each with its own pool, and room for as many again while they are replaced. */
const CONNECTIONS_MAX = 500;
const RESTART_TIMEOUT_MS = 60_000;
const silent = (): void => undefined;
const LOG = { info: silent, warn: silent, error: silent };

/** Where it is reached other than by its socket, at its usual port. */
export interface PostgresDoor {
  readonly address: string;
  /** Who may come, by password. */
  readonly networks: readonly string[];
}

export class ClusterPostgres {
  readonly url: string;
  readonly #embedded: EmbeddedPostgres;
  readonly #folder: TempFolder;
  readonly #forget: () => void;

  private constructor(embedded: EmbeddedPostgres, folder: TempFolder) {
    this.url = embedded.url;
    this.#embedded = embedded;
    this.#folder = folder;
    this.#forget = atExit(() => this.kill());
  }

  static async start(door?: PostgresDoor): Promise<ClusterPostgres> {
    const folder = tempFolder('postgres');
    const options = {
      dataDir: join(folder.path, 'data'),
      movedTo: join(folder.path, 'moved'),
      log: LOG,
    };
    const first = await startEmbeddedPostgres(options);
    const settings = join(realpathSync(join(options.dataDir, 'postgres')), 'local.conf');
    writeFileSync(settings, `max_connections = ${CONNECTIONS_MAX}\n`);
    if (door !== undefined) open(door, settings, join(first.dataPath, 'pg_hba.conf'));
    await first.stop();
    return new ClusterPostgres(await startEmbeddedPostgres(options), folder);
  }

  get pid(): number | undefined {
    return this.#embedded.pid;
  }

  get dataPath(): string {
    return this.#embedded.dataPath;
  }

  /** Its address for who comes through a door. */
  urlThrough({ address }: PostgresDoor): string {
    const url = new URL(this.url.replace('@/', `@${address}:5432/`));
    url.search = '';
    return url.href;
  }

  /** The postmaster first. */
  pids(): number[] {
    return processesInFolder(this.dataPath);
  }

  /** Every process of it is gone at once (kill -9); it is started again by itself. */
  kill(): void {
    for (const pid of this.pids()) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It ended between the look and the kill.
      }
    }
  }

  /** Resolves when another postmaster than `before` serves. */
  async restarted(before: number | undefined): Promise<void> {
    await waitFor('PostgreSQL is back', RESTART_TIMEOUT_MS, () => {
      const { pid } = this.#embedded;
      return pid !== undefined && pid !== before;
    });
  }

  async stop(): Promise<void> {
    await this.#embedded.stop();
    this.#forget();
    this.#folder.stop();
  }
}

function open({ address, networks }: PostgresDoor, settings: string, rights: string): void {
  appendFileSync(settings, `listen_addresses = '${address}'\n`);
  const lines = networks.map((network) => `host all all ${network} scram-sha-256\n`);
  appendFileSync(rights, lines.join(''));
}
