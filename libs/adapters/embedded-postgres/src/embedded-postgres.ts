import { setTimeout as wait } from 'node:timers/promises';
import { isRoot } from './account.ts';
import { DATABASE, prepareCluster, readPassword } from './cluster.ts';
import type { Log } from './log.ts';
import { boundLog } from './log-bound.ts';
import { existingRoot, findPlace } from './place.ts';
import type { Place } from './place.ts';
import {
  StartRefused,
  logFileOf,
  startPostmaster,
  stopPostmaster,
  watchPostmaster,
} from './postmaster.ts';
import type { Postmaster } from './postmaster.ts';
import { makeSocketDir, removeStaleSocketLock, socketDirOf } from './socket-dir.ts';
import { awaitCluster } from './take-over.ts';

/** Settings of an embedded PostgreSQL. */
export interface EmbeddedPostgresOptions {
  readonly dataDir: string;
  readonly log: Log;
  /** Where it goes when its user cannot reach the data folder or the programs; /var/lib/staffetta unless told. */
  readonly movedTo?: string;
}

/** A PostgreSQL that lives under the data folder and is started again whenever it dies. */
export interface EmbeddedPostgres {
  /** For pg, psql and `database.url`; the same for the life of the data folder. */
  readonly url: string;
  readonly socketDir: string;
  readonly dataPath: string;
  /** A sentence, when data or programs are not where one would look for them. */
  readonly moved: string | undefined;
  /** It was running already, left by a node that was killed. */
  readonly takenOver: boolean;
  /** The number of the postmaster now; undefined while it is down. */
  readonly pid: number | undefined;
  /** Told each time the postmaster is gone without having been asked to. */
  onExit(listener: () => void): void;
  /** Told each time it serves again. */
  onRestart(listener: () => void): void;
  /** Resolves when it serves: at once if it does, else after having started it. */
  restart(): Promise<void>;
  /** Ends it (fast shutdown, bounded), and the watch over it. */
  stop(): Promise<void>;
  /** Ends the watch alone and leaves it running: it is another node's. */
  detach(): void;
}

const BACKOFF_MIN_MS = 250;
const BACKOFF_MAX_MS = 10_000;
const BOUND_LOG_EVERY_MS = 60_000;
/** How often a start may find the cluster held by another one's start or remains. */
const HELD_MAX = 20;

/**
 * Starts PostgreSQL under the data folder, or takes over the one that runs there. Rejects where it cannot be made or
 * started; after that it is kept running until `stop` or `detach`.
 */
export async function startEmbeddedPostgres(
  options: EmbeddedPostgresOptions,
): Promise<EmbeddedPostgres> {
  const place = await findPlace(options.dataDir, options.movedTo);
  const server = new EmbeddedServer(place, options.log);
  await server.start();
  return server;
}

/** The address of the PostgreSQL of a data folder, running or not; undefined where there is none yet. */
export async function embeddedDatabaseUrl(dataDir: string): Promise<string | undefined> {
  const root = await existingRoot(dataDir);
  const password = root === undefined ? undefined : await readPassword(root);
  if (root === undefined || password === undefined) return undefined;
  return formatUrl(password, socketDirOf(root, isRoot()));
}

function formatUrl(password: string, socketDir: string): string {
  const host = encodeURIComponent(socketDir);
  return `postgresql://${DATABASE}:${password}@/${DATABASE}?host=${host}`;
}

class EmbeddedServer implements EmbeddedPostgres {
  readonly socketDir: string;
  readonly #place: Place;
  readonly #log: Log;
  readonly #exitListeners: (() => void)[] = [];
  readonly #restartListeners: (() => void)[] = [];
  #url = '';
  #takenOver = false;
  #startedOne = false;
  #postmaster: Postmaster | undefined;
  #starting: Promise<void> | undefined;
  #boundLog: NodeJS.Timeout | undefined;
  #over = false;

  constructor(place: Place, log: Log) {
    this.#place = place;
    this.#log = log;
    this.socketDir = socketDirOf(place.root, isRoot());
  }

  get url(): string {
    return this.#url;
  }
  get dataPath(): string {
    return this.#place.dataPath;
  }
  get moved(): string | undefined {
    return this.#place.moved;
  }
  get takenOver(): boolean {
    return this.#takenOver;
  }
  get pid(): number | undefined {
    return this.#postmaster?.pid;
  }

  onExit(listener: () => void): void {
    this.#exitListeners.push(listener);
  }

  onRestart(listener: () => void): void {
    this.#restartListeners.push(listener);
  }

  async start(): Promise<void> {
    await this.restart();
    this.#takenOver = !this.#startedOne;
    const password = await readPassword(this.#place.root);
    if (password === undefined) {
      throw new Error(`the password file in ${this.#place.root} is missing`);
    }
    this.#url = formatUrl(password, this.socketDir);
    this.#boundLog = setInterval(() => {
      boundLog(logFileOf(this.#place.root)).catch((error: unknown) => {
        this.#log.warn({ error }, "PostgreSQL's log could not be cut");
      });
    }, BOUND_LOG_EVERY_MS).unref();
  }

  restart(): Promise<void> {
    if (this.#postmaster) return Promise.resolve();
    this.#starting ??= this.#startOrTakeOver().finally(() => (this.#starting = undefined));
    return this.#starting;
  }

  async stop(): Promise<void> {
    this.detach();
    await this.#starting?.catch(() => undefined);
    const postmaster = this.#postmaster;
    if (postmaster) await stopPostmaster(postmaster, this.dataPath);
    this.#postmaster = undefined;
  }

  detach(): void {
    this.#over = true;
    clearInterval(this.#boundLog);
  }

  async #startOrTakeOver(): Promise<void> {
    for (let held = 0; ; held += 1) {
      const running = await awaitCluster(this.dataPath, this.#log);
      if (running) {
        this.#checkSocketDir(running.socketDir);
        return this.#adopt(watchPostmaster(running.pid, this.dataPath));
      }
      await prepareCluster(this.#place, this.socketDir);
      await makeSocketDir(this.socketDir, this.#place.account);
      await removeStaleSocketLock(this.socketDir, this.dataPath);
      try {
        const postmaster = await startPostmaster(this.#place, this.socketDir);
        this.#startedOne = true;
        return this.#adopt(postmaster);
      } catch (error) {
        if (!(error instanceof StartRefused && error.held) || held >= HELD_MAX) throw error;
        await wait(BACKOFF_MIN_MS);
      }
    }
  }

  #checkSocketDir(found: string): void {
    if (found === this.socketDir) return;
    throw new Error(
      `the PostgreSQL that runs on ${this.dataPath} listens in ${found}, not in ${this.socketDir}: ` +
        `it was started by somebody else`,
    );
  }

  #adopt(postmaster: Postmaster): void {
    this.#postmaster = postmaster;
    void postmaster.gone.then(() => this.#onGone());
  }

  async #onGone(): Promise<void> {
    this.#postmaster = undefined;
    if (this.#over) return;
    this.#log.error({}, 'PostgreSQL is gone; starting it again');
    for (const listener of this.#exitListeners) listener();
    for (let waitMs = BACKOFF_MIN_MS; !this.#over; waitMs = Math.min(waitMs * 2, BACKOFF_MAX_MS)) {
      try {
        await this.restart();
        this.#log.info({ pid: this.pid }, 'PostgreSQL serves again');
        for (const listener of this.#restartListeners) listener();
        return;
      } catch (error) {
        this.#log.error({ error }, 'PostgreSQL could not be started');
        await wait(waitMs, undefined, { ref: false });
      }
    }
  }
}
