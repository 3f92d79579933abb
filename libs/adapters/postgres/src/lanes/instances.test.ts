import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testOnLogDatabase } from '../testing/test-databases.ts';
import type { TestLogDatabase } from '../testing/test-databases.ts';
import { DataFolderInUse, InstanceRegistry } from './instances.ts';

const FOLDER = 'here:/data';
const LOCK = 'hashtextextended($1, 2025)';
const REPORT = { ready: true, directoryVersion: 0, report: { ready: {}, health: [] } };

const withDatabase = testOnLogDatabase();

test('a folder is held by one process, and by the next when that has left', async () => {
  await withDatabase(async (made) => {
    const one = await registered(made, 'one');
    await assert.rejects(registered(made, 'two'), DataFolderInUse);
    await one.unregister();
    const two = await registered(made, 'two');
    await two.unregister();
  });
});

test('a lock lost with its connection is taken again', async () => {
  await withDatabase(async (made) => {
    const one = await registered(made, 'one');
    await breakLock(made);
    await one.heartbeat(REPORT);
    await assert.rejects(registered(made, 'two'), DataFolderInUse);
    await one.unregister();
  });
});

test('a process lives on while the server still holds the lock for its dead connection', async () => {
  await withDatabase(async (made) => {
    const one = await registered(made, 'one');
    await breakLock(made);
    const remains = await made.database.dedicated();
    await remains.query(`select pg_advisory_lock(${LOCK})`, [FOLDER]);
    assert.equal((await one.heartbeat(REPORT)).stopRequested, false);
    await remains.end();
    await one.heartbeat(REPORT);
    await one.unregister();
  });
});

test('a process whose folder another one took meanwhile is told so', async () => {
  await withDatabase(async (made) => {
    const one = await registered(made, 'one');
    await breakLock(made);
    const two = await registered(made, 'two');
    await assert.rejects(one.heartbeat(REPORT), DataFolderInUse);
    await two.heartbeat(REPORT);
    await one.unregister();
    await two.unregister();
  });
});

async function registered({ database }: TestLogDatabase, id: string): Promise<InstanceRegistry> {
  const registry = new InstanceRegistry(database, {
    id,
    dataFolder: FOLDER,
    services: ['delivery'],
    host: 'here',
    version: '0',
    telemetryPort: 1,
  });
  await registry.claim();
  await registry.register();
  return registry;
}

/** Ends the connection that holds the folder, and waits until its lock is free. */
async function breakLock({ database }: TestLogDatabase): Promise<void> {
  await database.query(
    `select pg_terminate_backend(pid, 5000) from pg_locks
     where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())
       and (classid::bigint << 32) | objid::bigint = ${LOCK}`,
    [FOLDER],
  );
}
