import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startTestDatabase } from '@staffetta/testing';
import type { TestDatabase } from '@staffetta/testing';
import { Database } from '../database.ts';
import { migrate } from '../migrate.ts';
import { PostgresMailStore } from './postgres-mail-store.ts';

let server: TestDatabase;
let database: Database;

before(async () => {
  server = await startTestDatabase();
  database = new Database({ url: server.url, connectionsMax: 4, applicationName: 'test' });
  await migrate(database);
});

after(async () => {
  await database.close();
  await server.drop();
});

/** Ends the backends that hold advisory locks, as the death of their process would. */
async function killHolders(): Promise<void> {
  await database.query(
    `select pg_terminate_backend(pid, 5000) from pg_locks
     where locktype = 'advisory' and pid <> pg_backend_pid()
       and database = (select oid from pg_database where datname = current_database())`,
  );
}

test('a lock ends with the connection of its process, and the session hears of it', async () => {
  const ignore = (): void => undefined;
  const dying = new PostgresMailStore({ database, onError: ignore });
  const other = new PostgresMailStore({ database, onError: ignore });
  const lost = Promise.withResolvers<void>();
  const lock = await dying.acquirePop3Lock('a');
  lock!.onLost(lost.resolve);
  await killHolders();
  await lost.promise;
  const taken = await other.acquirePop3Lock('a');
  assert.ok(taken !== undefined);
  // A late release of the lost lock takes nothing away.
  await lock!.release();
  assert.equal(await dying.acquirePop3Lock('a'), undefined);
  await taken.release();
  const again = await dying.acquirePop3Lock('a');
  assert.ok(again !== undefined);
  await again.release();
  await dying.close();
  await other.close();
});

test('locks that were not released end when the store is closed', async () => {
  const onError = (error: unknown): void => assert.fail(String(error));
  const stores = [1, 2].map(() => new PostgresMailStore({ database, onError }));
  assert.ok((await stores[0]!.acquirePop3Lock('b')) !== undefined);
  await stores[0]!.close();
  const lock = await stores[1]!.acquirePop3Lock('b');
  assert.ok(lock !== undefined);
  await lock.release();
  await stores[1]!.close();
});

test('notices go on after the connection was lost', async () => {
  const ignore = (): void => undefined;
  const [watcher, writer] = [1, 2].map(() => new PostgresMailStore({ database, onError: ignore }));
  const inbox = (await writer!.findMailbox('n', 'INBOX'))!;
  let seen = Promise.withResolvers<void>();
  const stop = watcher!.watch(inbox, () => seen.resolve());
  await seen.promise;
  await watcher!.acquirePop3Lock('n');
  await killHolders();
  seen = Promise.withResolvers<void>();
  await writer!.setSubscribed('n', 'x', true);
  await writer!.storeFlags(inbox, [{ first: 1, last: 1 }], 'add', ['x']);
  await writer!.append(inbox, [
    {
      ...{ prefix: Buffer.alloc(0), body: Buffer.from('\r\n'), bodyHeaderBytes: 2, structure: '' },
      ...{ flags: [], internalDateMs: 0 },
    },
  ]);
  await seen.promise;
  stop();
  await watcher!.close();
  await writer!.close();
});
