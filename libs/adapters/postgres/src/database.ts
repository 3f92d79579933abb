import pg from 'pg';

/** A connection on which statements run one after the other. */
export type Connection = pg.ClientBase;

/** Settings of a pool of connections. */
export interface DatabaseOptions {
  readonly url: string;
  /** Largest number of connections of this process. */
  readonly connectionsMax: number;
  /** Shown in pg_stat_activity. */
  readonly applicationName: string;
  /** Told of connections that broke while idle; they are replaced by themselves. */
  readonly onError?: (error: Error) => void;
}

/** How long a statement waits for a free connection, in milliseconds. */
const CONNECT_TIMEOUT_MS = 5_000;

/**
 * The server ends a transaction that nobody goes on with after this time, in milliseconds: well before a lease ends, or
 * a worker that was stopped in the middle of one would keep its lanes locked for the next owner.
 */
const IDLE_TRANSACTION_MS = 5_000;

/** A pool of connections to PostgreSQL. Time stamps come as numbers (milliseconds), bigint as number. */
export class Database {
  readonly url: string;
  readonly #pool: pg.Pool;

  constructor(options: DatabaseOptions) {
    this.url = options.url;
    this.#pool = new pg.Pool({
      connectionString: options.url,
      max: options.connectionsMax,
      application_name: options.applicationName,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      idleTimeoutMillis: 30_000,
      // One whose client was cut off in mid-transaction must not hold its locks until TCP notices.
      idle_in_transaction_session_timeout: IDLE_TRANSACTION_MS,
      // Statements with names are the same ones all the time: planned once, not at each call.
      options: '-c plan_cache_mode=force_generic_plan',
      types: TYPES,
    });
    this.#pool.on('error', (error) => options.onError?.(error));
  }

  /** Runs one statement on any connection. */
  async query<Row extends pg.QueryResultRow>(
    text: string,
    values: readonly unknown[] = [],
  ): Promise<Row[]> {
    return (await this.#pool.query<Row>(text, [...values])).rows;
  }

  /** Runs statements of one transaction; commits when the promise resolves, else rolls back and rejects. */
  async transaction<Result>(
    body: (connection: Connection) => Promise<Result>,
    begin: 'begin' | 'begin isolation level repeatable read read only' = 'begin',
  ): Promise<Result> {
    return this.withConnection(async (connection) => {
      await connection.query(begin);
      try {
        const result = await body(connection);
        await connection.query('commit');
        return result;
      } catch (error) {
        await connection.query('rollback').catch(() => undefined);
        throw error;
      }
    });
  }

  /** Lends a connection; one that broke meanwhile is thrown away. */
  async withConnection<Result>(body: (connection: Connection) => Promise<Result>): Promise<Result> {
    const client = await this.#pool.connect();
    let broken: Error | undefined;
    const onError = (error: Error): void => {
      broken = error;
    };
    client.on('error', onError);
    try {
      return await body(client);
    } catch (error) {
      if (isConnectionLoss(error)) broken ??= error as Error;
      throw error;
    } finally {
      client.off('error', onError);
      client.release(broken);
    }
  }

  /** A connection of one's own, outside the pool, for LISTEN and for locks that end with it. */
  async dedicated(): Promise<pg.Client> {
    const client = new pg.Client({
      connectionString: this.url,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      keepAlive: true,
      types: TYPES,
    });
    await client.connect();
    return client;
  }

  /** Connections of the pool now, and statements that wait for one. */
  usage(): { readonly busy: number; readonly idle: number; readonly waiting: number } {
    const { totalCount, idleCount, waitingCount } = this.#pool;
    return { busy: totalCount - idleCount, idle: idleCount, waiting: waitingCount };
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }
}

/** Whether the error means that the server or the connection went away, and a repeat may succeed. */
export function isConnectionLoss(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = (error as { code?: unknown }).code;
  if (typeof code === 'string') {
    return /^(08|57P0|ECONN|EPIPE|ENOENT|ENOTCONN|ETIMEDOUT)/.test(code);
  }
  return /terminated|timeout|ended|not queryable|closed/i.test(error.message);
}

const TIMESTAMPTZ = 1184;
const INT8 = 20;
const BYTEA = 17;
const TIMESTAMPTZ_EPOCH_MS = Date.UTC(2000, 0, 1);

const TYPES: pg.CustomTypesConfig = {
  getTypeParser(oid: number, format?: string) {
    if (oid === INT8) return format === 'binary' ? int8FromBinary : Number;
    if (oid === BYTEA && format === 'binary') return (value: Buffer) => value;
    if (oid === TIMESTAMPTZ) return format === 'binary' ? timestampFromBinary : timestampFromText;
    return pg.types.getTypeParser(oid, format as 'text');
  },
};

function timestampFromText(text: string): number {
  if (text === 'infinity') return Number.POSITIVE_INFINITY;
  if (text === '-infinity') return Number.NEGATIVE_INFINITY;
  return Date.parse(text);
}

function int8FromBinary(value: Buffer): number {
  return Number(value.readBigInt64BE());
}

function timestampFromBinary(value: Buffer): number {
  return Number(value.readBigInt64BE() / 1000n) + TIMESTAMPTZ_EPOCH_MS;
}
