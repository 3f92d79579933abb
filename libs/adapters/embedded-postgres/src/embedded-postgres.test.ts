import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  chmod,
  mkdir,
  mkdtemp,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { isRoot, unprivilegedAccount } from './account.ts';
import { canRun, copyBinaries, installedBinaries } from './binaries.ts';
import { embeddedDatabaseUrl, startEmbeddedPostgres } from './embedded-postgres.ts';
import type { EmbeddedPostgres } from './embedded-postgres.ts';
import { clusterProcesses, signalProcess } from './processes.ts';

const log = { info() {}, warn() {}, error() {} };

let folder: string;
/** The watch alone keeps no process alive; the doors of a node do. */
let alive: NodeJS.Timeout;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'staffetta-pg-'));
  await chmod(folder, 0o755);
  alive = setInterval(() => undefined, 60_000);
});
after(async () => {
  clearInterval(alive);
  await rm(folder, { recursive: true });
});

function start(dataDir: string, movedTo = join(folder, 'moved')): Promise<EmbeddedPostgres> {
  return startEmbeddedPostgres({ dataDir, log, movedTo });
}

async function withClient<Result>(
  url: string,
  body: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const client = new pg.Client(url);
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await body(client);
  } finally {
    await client.end();
  }
}

const rowsKept = (url: string): Promise<number> =>
  withClient(url, async (client) => {
    const { rows } = await client.query<{ n: number }>('select count(*)::int as n from kept');
    return rows[0]?.n ?? 0;
  });

/** A node in a process of its own that has written a row. */
async function startNode(dataDir: string): Promise<{ node: ChildProcess; postmasterPid: number }> {
  const fixture = fileURLToPath(new URL('crash-node.fixture.ts', import.meta.url));
  const node = spawn(process.execPath, ['--conditions=@staffetta/source', fixture, dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  assert.ok(node.stdout);
  const ended = once(node, 'exit').then(() => assert.fail('the node ended'));
  const [line] = (await Promise.race([once(node.stdout, 'data'), ended])) as [Buffer];
  ended.catch(() => undefined);
  return { node, postmasterPid: Number(line.toString()) };
}

async function killHard(node: ChildProcess): Promise<void> {
  if (node.exitCode !== null) return;
  const exited = once(node, 'exit');
  node.kill('SIGKILL');
  await exited;
}

describe('a PostgreSQL under the data folder', () => {
  test('serves on a socket alone, durably, to the holder of the password, and keeps its data', async () => {
    const dataDir = join(folder, 'first');
    const first = await start(dataDir);
    assert.equal(first.takenOver, false);
    assert.equal(first.moved, undefined);
    assert.equal(await embeddedDatabaseUrl(dataDir), first.url);
    await withClient(first.url, async (client) => {
      const { rows } = await client.query(
        `select current_setting('listen_addresses') as listen, current_setting('fsync') as fsync,
                current_setting('synchronous_commit') as commit, current_database() as database`,
      );
      assert.deepEqual(rows, [{ listen: '', fsync: 'on', commit: 'on', database: 'staffetta' }]);
      await client.query('create table kept (n int)');
      await client.query('insert into kept values (1)');
    });
    const wrong = first.url.replace(/:[^:@]+@/, ':wrong@');
    await assert.rejects(
      withClient(wrong, async () => undefined),
      /password/,
    );
    assert.equal((await stat(first.socketDir)).mode & 0o777, 0o700);
    assert.equal((await stat(join(dataDir, 'postgres', 'password'))).mode & 0o777, 0o600);
    await first.stop();
    await assert.rejects(withClient(first.url, async () => undefined));
    const second = await start(dataDir);
    assert.equal(second.url, first.url);
    assert.equal(await rowsKept(second.url), 1);
    await second.stop();
  });

  test(
    'runs in a session of its own, as no root',
    { skip: process.platform !== 'linux' },
    async () => {
      const server = await start(join(folder, 'first'));
      const status = await readFile(`/proc/${server.pid}/stat`, 'utf8');
      const session = Number(status.slice(status.lastIndexOf(')') + 2).split(' ')[3]);
      assert.equal(session, server.pid);
      assert.notEqual((await stat(`/proc/${server.pid}`)).uid, 0);
      await server.stop();
    },
  );

  test('listens in a short folder where the path of the socket would be too long', async () => {
    const dataDir = join(folder, 'x'.repeat(100));
    const server = await start(dataDir);
    assert.ok(!server.socketDir.startsWith(folder));
    await withClient(server.url, async (client) => client.query('select 1'));
    assert.equal(await embeddedDatabaseUrl(dataDir), server.url);
    await server.stop();
    await rm(server.socketDir, { recursive: true });
  });
});

describe('after a kill', () => {
  test('of PostgreSQL alone, the node starts it again', async () => {
    const server = await start(join(folder, 'first'));
    let exits = 0;
    server.onExit(() => (exits += 1));
    const again = Promise.withResolvers<void>();
    server.onRestart(again.resolve);
    const killed = server.pid ?? 0;
    signalProcess(killed, 'SIGKILL');
    await again.promise;
    assert.equal(exits, 1);
    assert.notEqual(server.pid, killed);
    assert.equal(await rowsKept(server.url), 1);
    await server.stop();
  });

  test('of the node alone, the next start takes PostgreSQL over, and starts it again when it dies', async () => {
    const dataDir = join(folder, 'first');
    const { node, postmasterPid } = await startNode(dataDir);
    await killHard(node);
    const server = await start(dataDir);
    assert.equal(server.takenOver, true);
    assert.equal(server.pid, postmasterPid);
    assert.equal(await rowsKept(server.url), 2);
    const again = Promise.withResolvers<void>();
    server.onRestart(again.resolve);
    signalProcess(postmasterPid, 'SIGKILL');
    await again.promise;
    assert.equal(await rowsKept(server.url), 2);
    await server.stop();
  });

  test('of both, the next start finds what was committed', async () => {
    const dataDir = join(folder, 'first');
    const { node, postmasterPid } = await startNode(dataDir);
    signalProcess(postmasterPid, 'SIGKILL');
    await killHard(node);
    const server = await start(dataDir);
    assert.equal(await rowsKept(server.url), 3);
    await server.stop();
  });

  test('backends that do not end with their postmaster are ended by the next start', async (context) => {
    if (process.platform !== 'linux') return context.skip('its processes are not known here');
    const dataDir = join(folder, 'first');
    const { node, postmasterPid } = await startNode(dataDir);
    const dataPath = join(dataDir, 'postgres', 'data');
    const [stuck = 0] = (await clusterProcesses(dataPath, 0)).filter(
      (pid) => pid !== postmasterPid,
    );
    signalProcess(stuck, 'SIGSTOP');
    signalProcess(postmasterPid, 'SIGKILL');
    await killHard(node);
    const server = await start(dataDir);
    assert.ok(!(await clusterProcesses(dataPath, 0)).includes(stuck));
    assert.equal(await rowsKept(server.url), 4);
    await server.stop();
  });
});

describe('a start', () => {
  test('is not kept away by a stale postmaster.pid whose number another process has now', async () => {
    const dataDir = join(folder, 'first');
    const file = join(dataDir, 'postgres', 'data', 'postmaster.pid');
    await writeFile(file, `${process.pid}\n/elsewhere\n1\n5432\n/elsewhere\n\n  1  2\nready\n`);
    const server = await start(dataDir);
    assert.equal(server.takenOver, false);
    await server.stop();
  });

  test('waits for one that is stopping', async () => {
    const dataDir = join(folder, 'first');
    const first = await start(dataDir);
    const pid = first.pid;
    const stopped = first.stop();
    const second = await start(dataDir);
    await stopped;
    assert.notEqual(second.pid, pid);
    await withClient(second.url, async (client) => client.query('select 1'));
    await second.stop();
  });

  test('of two at once gives both the same PostgreSQL, which the one that detaches leaves running', async () => {
    const dataDir = join(folder, 'two');
    const [a, b] = await Promise.all([start(dataDir), start(dataDir)]);
    assert.equal(a.pid, b.pid);
    assert.equal(a.url, b.url);
    b.detach();
    await withClient(a.url, async (client) => client.query('select 1'));
    await a.stop();
  });
});

describe('started by root', { skip: !isRoot() }, () => {
  test('it goes elsewhere where its user cannot reach the data folder, and is found there again', async () => {
    const dataDir = join(folder, 'closed');
    await mkdir(dataDir, { mode: 0o700 });
    const first = await start(dataDir);
    const target = await readlink(join(dataDir, 'postgres'));
    assert.ok(target.startsWith(join(folder, 'moved')));
    assert.match(first.moved ?? '', /PostgreSQL's data went to .*cannot reach .*closed/);
    assert.equal(await embeddedDatabaseUrl(dataDir), first.url);
    await first.stop();
    const second = await start(dataDir);
    assert.equal(second.url, first.url);
    await second.stop();
  });

  test('a copy of such a data folder does not share its PostgreSQL', async () => {
    const copied = join(folder, 'copied');
    await mkdir(copied);
    await symlink(await readlink(join(folder, 'closed', 'postgres')), join(copied, 'postgres'));
    await assert.rejects(start(copied), /in another place/);
  });

  test('the programs are copied to where its user can run them', async () => {
    const account = await unprivilegedAccount();
    const installed = await installedBinaries();
    const copy = await copyBinaries(installed, folder, account);
    assert.equal(await canRun(copy, account), true);
    assert.deepEqual(await copyBinaries(installed, folder, account), copy);
    await chmod(copy.folder, 0o700);
    const other = { uid: account.uid + 1, gid: account.gid + 1, name: 'other' };
    assert.equal(await canRun(copy, other), false);
  });
});
