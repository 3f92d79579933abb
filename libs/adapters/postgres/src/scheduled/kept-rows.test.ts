import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LaneLease, ScheduledUpdate } from '@staffetta/core';
import { parkedInserts, sampleEnvelope, settlementOf } from '@staffetta/testing';
import { InstanceRegistry } from '../lanes/instances.ts';
import { PostgresLanes } from '../lanes/postgres-lanes.ts';
import { OUTBOUND_LANES, testLogDatabases } from '../testing/test-databases.ts';
import { PostgresDeliveryStore } from './postgres-delivery-store.ts';

const SITE = { site: 'a.example', domain: 'a.example', nextHop: '', relay: false };
const LONG_MS = 60_000;
const NOTHING = { inserts: [], deletes: [], updates: [], events: [], records: [] };

const makeDatabase = testLogDatabases();

/** A row that the first owner kept on the wire when it let go of the lane, which the second one has by now. */
async function withKeptRow(
  forMs: number,
  body: (made: {
    readonly store: PostgresDeliveryStore;
    readonly id: number;
    readonly old: LaneLease;
    readonly now: LaneLease;
    /** The process of the first owner dies, as the database sees it. */
    die(): Promise<void>;
    awaitOver(): Promise<void>;
  }) => Promise<void>,
): Promise<void> {
  const made = await makeDatabase();
  const { database, log } = made.connect();
  const registry = new InstanceRegistry(database, {
    id: 'one',
    dataFolder: 'here:/one',
    services: ['delivery'],
    host: 'here',
    version: '0',
    telemetryPort: 0,
  });
  await registry.claim();
  await registry.register();
  const store = new PostgresDeliveryStore(database, log);
  const lanes = new PostgresLanes(database);
  try {
    const old = (await lanes.tend('outbound', 'one', [])).taken[0]!;
    const { first: id } = await store.takeRowIds();
    const parts = { log, outboundLanes: OUTBOUND_LANES };
    const [insert] = await parkedInserts(parts, [sampleEnvelope({ route: SITE })]);
    await store.flush([settlementOf(old, { inserts: [{ ...insert!, id, state: 'wire' }] })]);
    await store.keep(old, [id], forMs);
    await lanes.release([old]);
    const now = (await lanes.tend('outbound', 'two', [])).taken.find(
      ({ lane }) => lane === old.lane,
    )!;
    await body({
      store,
      id,
      old,
      now,
      die: async () => {
        await database.query(
          `select pg_terminate_backend(pid) from pg_locks
           where locktype = 'advisory' and pid <> pg_backend_pid()
             and database = (select oid from pg_database where datname = current_database())`,
        );
      },
      awaitOver: async () => {
        await database.query(
          `select pg_sleep(greatest(extract(epoch from max(wire_until) - clock_timestamp()), 0) + 0.01) from scheduled`,
        );
      },
    });
  } finally {
    await registry.unregister();
    await made.stop();
  }
}

function later(id: number): ScheduledUpdate {
  return { id, dueAtMs: Date.now(), state: 'due' };
}

test('a kept row is a connection of its site, and nobody else’s to settle or to try', () =>
  withKeptRow(LONG_MS, async ({ store, id, old, now }) => {
    const open = [{ lane: now.lane, site: SITE.site, count: 1 }];
    assert.deepEqual(await store.keptByOthers([now]), { rows: open, overdue: [] });
    assert.deepEqual(await store.reclaim([now]), []);
    const all = { exclude: [], excludeSites: [] };
    assert.deepEqual(await store.pull([now], 9, all), []);
    await store.settleKept({ ...NOTHING, lease: { ...old, owner: 'three' }, deletes: [id] });
    assert.deepEqual((await store.keptByOthers([now])).rows, open);
    await store.settleKept({ ...NOTHING, lease: old, updates: [later(id)] });
    assert.deepEqual((await store.keptByOthers([now])).rows, []);
    assert.deepEqual(
      (await store.pull([now], 9, all)).map((row) => row.id),
      [id],
    );
    // It is the new owner's now.
    await store.settleKept({ ...NOTHING, lease: old, deletes: [id] });
    assert.equal((await store.pull([now], 9, all)).length, 1);
  }));

test('a kept row whose time is over is the new owner’s', () =>
  withKeptRow(300, async ({ store, id, old, now, awaitOver }) => {
    await awaitOver();
    await store.settleKept({ ...NOTHING, lease: old, deletes: [id] });
    const { rows, overdue } = await store.keptByOthers([now]);
    assert.deepEqual([rows, overdue.map((row) => row.id)], [[], [id]]);
  }));

test('a kept row whose worker is dead is the new owner’s', () =>
  withKeptRow(LONG_MS, async ({ store, id, now, die }) => {
    await die();
    const { overdue } = await store.keptByOthers([now]);
    assert.deepEqual(
      overdue.map((row) => row.id),
      [id],
    );
  }));

test('who lost the lane keeps nothing', () =>
  withKeptRow(LONG_MS, async ({ store, id, old }) => {
    await assert.rejects(store.keep(old, [id], LONG_MS), /another's/);
  }));
