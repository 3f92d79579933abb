import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '@staffetta/embedded-postgres';
import pg from 'pg';
import { FaultyProxy } from '../net/faulty-proxy.ts';

/** An empty database of its own for a test. */
export interface TestDatabase {
  readonly url: string;
  /** A way to it that can be cut or held, and its address by that way. */
  faulty(): Promise<{ readonly proxy: FaultyProxy; readonly url: string }>;
  /** Drops the database; a server that was started for it ends when its last database is dropped. */
  drop(): Promise<void>;
}

interface Server {
  readonly url: string;
  /** It goes with all that is in it. */
  readonly isOurs: boolean;
  stop(): Promise<void>;
}

let server: Promise<Server> | undefined;
let databases = 0;

/**
 * Makes a database, empty or a copy of `template` (to which nobody may be connected), on a real PostgreSQL, which is started for the first one and shared by all tests of the
 * process. STAFFETTA_TEST_DATABASE_URL names one that runs already.
 */
export async function startTestDatabase(template?: TestDatabase): Promise<TestDatabase> {
  databases += 1;
  server ??= startServer();
  const { url, isOurs } = await server.catch((error: unknown) => {
    server = undefined;
    throw error;
  });
  const name = `test_${randomBytes(6).toString('hex')}`;
  const from = template ? ` template ${databaseOf(template.url)}` : '';
  await runOn(url, `create database ${name}${from}`);
  const own = withDatabase(url, name);
  return {
    url: own,
    faulty: () => startProxy(own),
    drop: async () => {
      if (!isOurs) await runOn(url, `drop database if exists ${name} with (force)`);
      databases -= 1;
      if (databases === 0) await stopServer();
    },
  };
}

async function startProxy(
  url: string,
): Promise<{ readonly proxy: FaultyProxy; readonly url: string }> {
  const { host, port, user = '', password, database } = new pg.Client({ connectionString: url });
  const target = host.startsWith('/') ? { path: `${host}/.s.PGSQL.${port}` } : { host, port };
  const proxy = await FaultyProxy.start(target);
  const login = [user, password ?? ''].map(encodeURIComponent).join(':');
  return { proxy, url: `postgresql://${login}@127.0.0.1:${proxy.port}/${database ?? ''}` };
}

async function startServer(): Promise<Server> {
  const configured = process.env['STAFFETTA_TEST_DATABASE_URL'];
  if (configured) return { url: configured, isOurs: false, stop: async () => undefined };
  const folder = await mkdtemp(join(tmpdir(), 'staffetta-test-'));
  // As root, PostgreSQL runs as another user, who has to come in.
  await chmod(folder, 0o755);
  const silent = (): void => undefined;
  const log = { info: silent, warn: silent, error: silent };
  const embedded = await startEmbeddedPostgres({
    dataDir: join(folder, 'data'),
    movedTo: join(folder, 'moved'),
    log,
  });
  return {
    url: embedded.url,
    isOurs: true,
    stop: async () => {
      await embedded.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function stopServer(): Promise<void> {
  const running = server;
  server = undefined;
  await (await running)?.stop();
}

async function runOn(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

function databaseOf(url: string): string {
  return /^postgres(?:ql)?:\/\/[^/]*\/([^?]*)/.exec(url)?.[1] ?? '';
}

/** The same address with another database; a URL without a host is no URL to the platform's parser. */
function withDatabase(url: string, name: string): string {
  return url.replace(/^(postgres(?:ql)?:\/\/[^/]*\/)[^?]*/, `$1${name}`);
}
