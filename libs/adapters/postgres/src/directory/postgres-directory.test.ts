import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startTestDatabase } from '@staffetta/testing';
import type { TestDatabase } from '@staffetta/testing';
import { PostgresDirectoryAdmin } from '../admin/postgres-directory-admin.ts';
import { Database } from '../database.ts';
import { migrate } from '../migrate.ts';
import { PostgresDirectory } from './postgres-directory.ts';

describe('the directory in PostgreSQL', () => {
  let server: TestDatabase;
  let database: Database;
  let directory: PostgresDirectory;
  let admin: PostgresDirectoryAdmin;
  const versions: number[] = [];

  before(async () => {
    server = await startTestDatabase();
    database = new Database({ url: server.url, connectionsMax: 5, applicationName: 'test' });
    await migrate(database);
    admin = new PostgresDirectoryAdmin(database);
    directory = new PostgresDirectory(database, { onVersion: (version) => versions.push(version) });
    await directory.start();
    const domain = { tenantId: 'default', kind: 'local', nextHop: '' } as const;
    await admin.addDomain('test', { ...domain, name: 'local.example' });
    await admin.addDomain('test', { ...domain, name: 'xn--bcher-kva.example' });
    await admin.addAccount('test', 'Ada@local.example', 'first');
    await admin.addAlias('test', 'info@local.example', ['ada@local.example']);
    await admin.addAlias('test', 'all@local.example', ['info@local.example']);
  });
  after(async () => {
    await directory.stop();
    await database.close();
    await server.drop();
  });

  /** Resolves when this directory works with the version. */
  async function reached(version: number): Promise<void> {
    while (directory.version() < version) await new Promise((resolve) => setImmediate(resolve));
  }

  test('a change is seen as soon as it is told, by those who asked before too', async () => {
    assert.equal(await directory.domain('later.example'), undefined);
    const added = await admin.addDomain('test', {
      name: 'later.example',
      tenantId: 'default',
      kind: 'relay',
      nextHop: '[::1]:25',
    });
    assert.equal(added.kind, 'added');
    const startedMs = performance.now();
    await reached(added.kind === 'added' ? added.version : 0);
    assert.ok(performance.now() - startedMs < 800, 'told by NOTIFY, not by the poll');
    assert.deepEqual(await directory.domain('later.example'), {
      name: 'later.example',
      tenantId: 'default',
      kind: 'relay',
      nextHop: '[::1]:25',
    });
    assert.equal(versions.at(-1), directory.version());
  });

  test('finds accounts and aliases by key, and keeps addresses as given', async () => {
    const found = await directory.address('ada@local.example');
    assert.equal(found.kind === 'account' && found.address, 'Ada@local.example');
    assert.deepEqual(await directory.address('info@local.example'), {
      kind: 'alias',
      targets: ['ada@local.example'],
    });
    assert.deepEqual(await directory.address('nobody@local.example'), { kind: 'unknown' });
    assert.deepEqual(await directory.address('nul\0@local.example'), { kind: 'unknown' });
  });

  test('authenticates an account in any case, with all aliases that lead to it', async () => {
    const answer = await directory.authenticate('ADA@LOCAL.example', 'first');
    assert.equal(answer.kind, 'ok');
    const submitter = answer.kind === 'ok' ? answer.submitter : undefined;
    assert.deepEqual(submitter?.kind === 'account' && [...submitter.sendsAs].sort(), [
      'ada@local.example',
      'all@local.example',
      'info@local.example',
    ]);
  });

  test('refuses wrong passwords, unknown names and monstrous ones alike', async () => {
    for (const [user, password] of [
      ['ada@local.example', 'wrong'],
      ['nobody@local.example', 'first'],
      ['nobody', 'first'],
      ['nul\0', 'first'],
      ['x'.repeat(10_000), 'first'],
      ['ada@local.example', 'x'.repeat(10_000)],
    ] as const) {
      assert.deepEqual(await directory.authenticate(user, password), { kind: 'refused' });
    }
  });

  test('takes as long for a name that does not exist as for a wrong password', async () => {
    const timed = async (user: string): Promise<number> => {
      const startedMs = performance.now();
      await directory.authenticate(user, `wrong ${Math.random()}`);
      return performance.now() - startedMs;
    };
    const medianOf = async (user: string): Promise<number> => {
      const times = [await timed(user), await timed(user), await timed(user)];
      return times.sort((a, b) => a - b)[1] ?? 0;
    };
    const [known, unknown] = [await medianOf('ada@local.example'), await medianOf('nobody')];
    assert.ok(unknown > known / 3, `unknown ${unknown} ms, known ${known} ms`);
  });

  test('a credential authenticates by name, until it is removed', async () => {
    const credential = { name: 'app', tenantId: 'default', bulk: true };
    assert.equal((await admin.addCredential('test', credential, 'secret')).kind, 'added');
    assert.deepEqual(await directory.authenticate('app', 'secret'), {
      kind: 'ok',
      submitter: { kind: 'credential', ...credential },
    });
    const removed = await admin.remove('test', 'credential', 'app');
    await reached(removed.kind === 'removed' ? removed.version : 0);
    assert.deepEqual(await directory.authenticate('app', 'secret'), { kind: 'refused' });
  });

  test('an API key is known by its hash alone', async () => {
    const added = await admin.addApiKey('test', 'default', 'program', 'stf_key');
    await reached(added.kind === 'added' ? added.version : 0);
    assert.equal((await directory.apiKey('stf_key'))?.tenantId, 'default');
    assert.equal(await directory.apiKey('stf_other'), undefined);
  });

  test('adding again: unchanged with the same settings, a conflict with others', async () => {
    const kinds = [
      await admin.addAccount('test', 'ada@LOCAL.example', 'first'),
      await admin.addAccount('test', 'ada@LOCAL.example', 'second'),
      await admin.addAlias('test', 'INFO@local.example', ['ADA@local.example']),
      await admin.addAlias('test', 'ada@local.example', ['info@local.example']),
      await admin.addAccount('test', 'info@local.example', 'x'),
      await admin.addAccount('test', 'ada@elsewhere.example', 'x'),
      await admin.addAlias('test', 'out@local.example', ['ada@elsewhere.example']),
    ].map(({ kind }) => kind);
    assert.deepEqual(kinds, [
      'unchanged',
      'conflict',
      'unchanged',
      'conflict',
      'conflict',
      'missing',
      'missing',
    ]);
  });

  test('a tenant sends as its own domains', async () => {
    assert.equal(await directory.sendingDomain('default', 'local.example'), true);
    assert.equal(await directory.sendingDomain('other', 'local.example'), false);
    assert.equal(await directory.sendingDomain('default', 'elsewhere.example'), false);
  });

  test('a change is in force once every live process works with it', async () => {
    await database.query(
      `insert into instance (id, data_folder, services, host, pid, version, directory_version)
       values ('late', '/late', '{}', 'host', 1, '0', $1)`,
      [directory.version() - 1],
    );
    assert.equal(await admin.inForce(directory.version(), 100), false);
    const waiting = admin.inForce(directory.version(), 5_000);
    await database.query(`update instance set directory_version = $1`, [directory.version()]);
    assert.equal(await waiting, true);
    await database.query(`delete from instance`);
  });

  test('follows changes again after its connections were cut', async () => {
    await database.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid()`,
    );
    const added = await admin.addTenant('test', 'after-the-cut');
    await reached(added.kind === 'added' ? added.version : 0);
    assert.equal((await directory.domain('local.example'))?.kind, 'local');
  });

  test('serves what it knows while the database is away, and throws for what it does not', async () => {
    const other = await startTestDatabase();
    const lost = new Database({ url: other.url, connectionsMax: 2, applicationName: 'test' });
    await migrate(lost);
    await new PostgresDirectoryAdmin(lost).addDomain('test', {
      name: 'kept.example',
      tenantId: 'default',
      kind: 'local',
      nextHop: '',
    });
    const cut = new PostgresDirectory(lost);
    await cut.start();
    const kept = await cut.domain('kept.example');
    const name = /\/(test_[0-9a-f]+)/.exec(other.url)?.[1];
    await database.query(`drop database ${name} with (force)`);
    try {
      assert.deepEqual(await cut.domain('kept.example'), kept);
      await assert.rejects(cut.domain('unknown.example'));
    } finally {
      await cut.stop();
      await lost.close();
      await other.drop();
    }
  });
});
