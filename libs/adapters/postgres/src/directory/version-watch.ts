import type { Client } from 'pg';
import type { Database } from '../database.ts';
import { withDeadline } from './deadline.ts';

/** The channel on which a change of the directory is told. */
export const DIRECTORY_CHANNEL = 'directory';
/** How often the version is asked for anyway, and how long a lost connection waits to be made again. */
const POLL_MS = 1_000;
const ANSWER_MAX_MS = 3_000;

/** Follows the version of the directory: told at once by NOTIFY, and asked for each second. */
export class VersionWatch {
  readonly #database: Database;
  readonly #onMoved: (version: number) => void;
  #version = 0;
  #confirmedAtMs = Number.NEGATIVE_INFINITY;
  #listener: Client | undefined;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(database: Database, onMoved: (version: number) => void) {
    this.#database = database;
    this.#onMoved = onMoved;
  }

  get version(): number {
    return this.#version;
  }

  /** When the version was last known to be the database's, by a clock that only goes forward. */
  get confirmedAtMs(): number {
    return this.#confirmedAtMs;
  }

  /** Resolves when the version is known; rejects where the database cannot be asked. */
  async start(): Promise<void> {
    await this.#poll();
    await this.#tick();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    const listener = this.#listener;
    this.#listener = undefined;
    await listener?.end();
  }

  async #tick(): Promise<void> {
    try {
      if (!this.#listener) await this.#listen();
      await this.#poll();
    } catch {
      // The database is away: asked again at the next turn. Readers see it by `confirmedAtMs`.
      if (this.#listener) endSilently(this.#listener);
      this.#listener = undefined;
    }
    if (this.#stopped) return;
    this.#timer = setTimeout(() => void this.#tick(), POLL_MS);
  }

  async #listen(): Promise<void> {
    const client = await this.#database.dedicated();
    let isLost = false;
    const lost = (): void => {
      isLost = true;
      if (this.#listener === client) this.#listener = undefined;
    };
    client.on('error', lost);
    client.on('end', lost);
    client.on('notification', (notification) => this.#moved(Number(notification.payload)));
    await withDeadline(client.query(`listen ${DIRECTORY_CHANNEL}`), ANSWER_MAX_MS).catch(
      (error: unknown) => {
        endSilently(client);
        throw error;
      },
    );
    if (this.#stopped) return client.end();
    if (!isLost) this.#listener = client;
  }

  async #poll(): Promise<void> {
    const askedAtMs = performance.now();
    const [row] = await withDeadline(
      this.#database.query<{ version: number }>('select version from directory_version'),
      ANSWER_MAX_MS,
    );
    if (!row) throw new Error('the directory has no version');
    this.#confirmedAtMs = askedAtMs;
    this.#moved(row.version);
  }

  /** A late answer may be older than what was told meanwhile. */
  #moved(version: number): void {
    if (!(version > this.#version)) return;
    this.#version = version;
    this.#onMoved(version);
  }
}

/** A connection to a server that does not answer may take long to end; nobody waits for it. */
function endSilently(client: Client): void {
  client.end().catch(() => undefined);
}
