import type { Duplex } from 'node:stream';
import type { Database } from '../database.ts';

type Client = Awaited<ReturnType<Database['dedicated']>>;

const RECONNECT_MS = 1_000;
const PING_EVERY_MS = 2_000;
const PING_TIMEOUT_MS = 3_000;

/** What uses the connection. */
export interface ConnectionUser {
  /** Runs on each new connection before anybody gets it. */
  prepare(client: Client): Promise<void>;
  /** The connection that `prepare` was given is gone. */
  lost(): void;
}

/**
 * One connection of this process beside the pool, for what belongs to a session of PostgreSQL: LISTEN, and the advisory
 * lock by which others see that this process lives. It is asked for a sign of life, so that a loss is noticed here
 * before the server, which waits longer, gives its locks to somebody else.
 */
export class SharedConnection {
  readonly #database: Database;
  readonly #users: readonly ConnectionUser[];
  #client: Promise<Client> | undefined;
  #pinging: NodeJS.Timeout | undefined;
  #reconnecting: NodeJS.Timeout | undefined;
  #closed = false;
  #queue: Promise<void> = Promise.resolve();
  readonly #gone = new WeakSet<Client>();

  constructor(database: Database, users: readonly ConnectionUser[]) {
    this.#database = database;
    this.#users = users;
  }

  /** Runs a statement, made to wait for those before it; rejects where the database is away. */
  query(text: string, values: readonly unknown[] = []): Promise<void> {
    const run = async (): Promise<void> => {
      const client = await this.connected();
      await client.query(text, [...values]);
    };
    const done = this.#queue.then(run);
    this.#queue = done.catch(() => undefined);
    return done;
  }

  /** Makes the connection where there is none; its users are prepared then. */
  connected(): Promise<Client> {
    if (this.#closed) return Promise.reject(new Error('the mail store is closed'));
    if (this.#client === undefined) {
      const connecting = this.#connect();
      this.#client = connecting;
      connecting.catch(() => {
        if (this.#client === connecting) this.#client = undefined;
      });
    }
    return this.#client;
  }

  /** Makes the connection and keeps trying, so that it is there before somebody asks. */
  keep(): void {
    this.connected().catch(() => this.#later());
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#reconnecting);
    const client = await this.#client?.catch(() => undefined);
    clearInterval(this.#pinging);
    await client?.end().catch(() => undefined);
  }

  async #connect(): Promise<Client> {
    const client = await this.#database.dedicated();
    const broken = (): void => this.#broken(client);
    client.on('error', broken);
    client.on('end', broken);
    try {
      await client.query(
        'set tcp_keepalives_idle = 10; set tcp_keepalives_interval = 5; set tcp_keepalives_count = 3',
      );
      for (const user of this.#users) await user.prepare(client);
    } catch (error) {
      client.off('end', broken);
      await client.end().catch(() => undefined);
      throw error;
    }
    this.#pinging = setInterval(() => void this.#ping(client), PING_EVERY_MS);
    this.#pinging.unref();
    return client;
  }

  async #ping(client: Client): Promise<void> {
    const late = setTimeout(() => this.#broken(client), PING_TIMEOUT_MS);
    try {
      await this.query('select');
    } catch {
      this.#broken(client);
    } finally {
      clearTimeout(late);
    }
  }

  #broken(client: Client): void {
    if (this.#gone.has(client)) return;
    this.#gone.add(client);
    clearInterval(this.#pinging);
    this.#client = undefined;
    this.#queue = Promise.resolve();
    for (const user of this.#users) user.lost();
    // Not `end`, which waits for a server that may be silent; statements that wait for it end with the stream.
    (client as unknown as { connection: { stream: Duplex } }).connection.stream.destroy();
    if (!this.#closed) this.#later();
  }

  #later(): void {
    clearTimeout(this.#reconnecting);
    if (this.#closed) return;
    this.#reconnecting = setTimeout(() => this.keep(), RECONNECT_MS);
    this.#reconnecting.unref();
  }
}
