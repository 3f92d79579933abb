import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LanePosition, LogRecord, TakenLane } from '@staffetta/core';
import { sampleEnvelope, sampleRecord, settlementOf } from '@staffetta/testing';
import type { Database } from '../database.ts';
import { PostgresLanes } from '../lanes/postgres-lanes.ts';
import { HANDOVERS_MAX } from '../lanes/tell-handovers.ts';
import { PostgresDeliveryStore } from '../scheduled/postgres-delivery-store.ts';
import { OUTBOUND_LANES, testOnLogDatabase } from '../testing/test-databases.ts';
import { PostgresClusterView } from './postgres-cluster-view.ts';

const SILENT_MS = 60_000;
const HOUR_MS = 3_600_000;

const withDatabase = testOnLogDatabase();

test('a hand-over tells lanes, holders, how, and how long nobody held them', async () => {
  await withDatabase(async ({ database }) => {
    const lanes = new PostgresLanes(database);
    const view = new PostgresClusterView(database);
    for (const [id, pid] of [
      ['one', 11],
      ['two', 22],
      ['three', 33],
    ] as const) {
      await database.query(
        `insert into instance (id, data_folder, services, host, pid, version)
         values ($1, $1, '{delivery}', 'here', $2, '0')`,
        [id, pid],
      );
    }
    await dead(database, 'two', 'three');
    const first = await lanes.tend('outbound', 'one', []);
    assert.equal(first.taken.length, OUTBOUND_LANES);
    await lanes.release(first.taken.slice(0, 2));
    // Whoever let go has no row any more when the next one comes.
    await database.query(`delete from instance where id = 'one'`);
    const second = await lanes.tend('outbound', 'two', []);
    assert.deepEqual(
      second.taken.map(({ lane }) => lane),
      [0, 1],
    );
    await endLeases(database, 'one');
    const third = await lanes.tend('outbound', 'three', []);
    await endLeases(database, 'two');
    const fourth = await lanes.tend('outbound', 'three', third.taken);
    assert.equal(third.taken.length + fourth.taken.length, OUTBOUND_LANES);

    const all = await view.handovers({ limit: 10 });
    assert.deepEqual(
      all.map(({ from, to, lanes: some, clean }) => [from?.id, to.id, some, clean]),
      [
        ['two', 'three', [0, 1], false],
        ['one', 'three', [2, 3], false],
        ['one', 'two', [0, 1], true],
        [undefined, 'one', [0, 1, 2, 3], true],
      ],
    );
    const [last, , clean, one] = all;
    assert.deepEqual(clean?.from, { id: 'one', host: 'here', pid: 11, services: ['delivery'] });
    assert.deepEqual(last?.to, { id: 'three', host: 'here', pid: 33, services: ['delivery'] });
    assert.equal(one?.idleMs, undefined);
    assert.ok(clean?.idleMs !== undefined && clean.idleMs < SILENT_MS);
    assert.ok(last?.idleMs !== undefined && last.idleMs >= SILENT_MS, `idle ${last?.idleMs} ms`);

    const older = await view.handovers({ limit: 2, beforeId: all[1]!.id });
    assert.deepEqual(older, all.slice(2));
    const shown = (await view.lanes()).filter(({ topic }) => topic === 'outbound');
    assert.ok(shown.every(({ owner, heldAtMs }) => owner === 'three' && heldAtMs !== undefined));
  });
});

test('renewing tells nothing, and old hand-overs make room', async () => {
  await withDatabase(async ({ database }) => {
    const lanes = new PostgresLanes(database);
    const { taken } = await lanes.tend('outbound', 'one', []);
    for (let round = 0; round < 3; round += 1) await lanes.tend('outbound', 'one', taken);
    const count = async (): Promise<number> =>
      (await database.query<{ count: number }>('select count(*) from lane_handover'))[0]!.count;
    assert.equal(await count(), 1);
    await database.query(
      `insert into lane_handover (topic, lanes, to_holder, clean)
       select 1, '{0}', '{"id": "one"}', true from generate_series(1, $1)`,
      [HANDOVERS_MAX + 100],
    );
    await lanes.release(taken);
    await lanes.tend('outbound', 'two', []);
    // What the statement wrote itself it does not see yet.
    assert.equal(await count(), HANDOVERS_MAX + 1);
    const [newest] = await new PostgresClusterView(database).handovers({ limit: 1 });
    assert.equal(newest?.to.id, 'two');
  });
});

test('the lag is what is not settled, by class, and how old the oldest of it is', async () => {
  await withDatabase(async (made) => {
    const { database } = made;
    const { log } = made.connect();
    const view = new PostgresClusterView(database);
    const store = new PostgresDeliveryStore(database, log);
    const lagOf = async (topic: string, bulk: boolean) =>
      (await view.lag()).find((one) => one.topic === topic && one.bulk === bulk);
    const none = { lanes: 0, oldestAcceptedAtMs: undefined, oldestLane: undefined };
    assert.deepEqual(await view.lag(), [
      { topic: 'accepted', bulk: false, records: 0, ...none },
      { topic: 'accepted', bulk: true, records: 0, ...none },
      { topic: 'outbound', bulk: false, records: 0, ...none },
      { topic: 'outbound', bulk: true, records: 0, ...none },
      { topic: 'local', bulk: false, records: 0, ...none },
    ]);
    const now = Date.now();
    await log.append(
      [recordOf(now - HOUR_MS, false), recordOf(now, false), recordOf(now, true)],
      [],
    );
    await log.append([recordOf(now, false)], []);
    const lag = await lagOf('outbound', false);
    assert.deepEqual([lag?.records, lag?.lanes, lag?.oldestAcceptedAtMs], [3, 1, now - HOUR_MS]);
    assert.equal((await lagOf('outbound', true))?.records, 1);

    const lanes = new PostgresLanes(database, { leaseMs: 60_000 });
    const { taken } = await lanes.tend('outbound', 'one', []);
    const lane = taken.find((one) => one.lane === lag?.oldestLane) as TakenLane;
    // The first is done, and the third: one in the middle is left.
    await settle(store, lane, { position: 2, settled: Buffer.from([0b10]) });
    const rest = await lagOf('outbound', false);
    assert.deepEqual([rest?.records, rest?.oldestAcceptedAtMs], [1, now]);
    await settle(store, lane, { position: 4, settled: Buffer.alloc(0) });
    assert.deepEqual(await lagOf('outbound', false), {
      ...{ topic: 'outbound', bulk: false, records: 0 },
      ...none,
    });
  });
});

test('the largest tenants by what was accepted for them, all others as one', async () => {
  await withDatabase(async ({ database }) => {
    await database.query(
      `insert into ledger (tenant_id, hour, type, count)
       select 't' || n, date_trunc('hour', now()), type, n * 10
       from generate_series(1, 5) n, unnest(array['accepted', 'bounced']) type`,
    );
    await database.query(
      `insert into ledger (tenant_id, hour, type, count)
       values ('t1', now() - interval '3 days', 'accepted', 1000000),
              ('t2', date_trunc('hour', now()), 'delivered', 7)`,
    );
    const view = new PostgresClusterView(database);
    const counts = (n: number) => ({ accepted: n, bounced: n });
    assert.deepEqual(await view.largestTenants(Date.now() - HOUR_MS, 2), [
      { tenantId: 't5', counts: counts(50) },
      { tenantId: 't4', counts: counts(40) },
      { tenantId: '', counts: { ...counts(60), delivered: 7 } },
    ]);
    assert.equal((await view.largestTenants(Date.now() - HOUR_MS, 5)).length, 5);
    assert.deepEqual(await view.largestTenants(Date.now() + HOUR_MS, 5), []);
  });
});

async function dead(database: Database, ...ids: readonly string[]): Promise<void> {
  await database.query(
    `update instance set heartbeat_at = now() - interval '1 hour' where id = any($1)`,
    [ids],
  );
}

/** As if the owner had been silent for long. */
async function endLeases(database: Database, owner: string): Promise<void> {
  await database.query(
    `update lane set until = now(), held_at = now() - $2 * interval '1 millisecond'
     where owner = $1`,
    [owner, SILENT_MS],
  );
}

/** All of them in one lane. */
function recordOf(acceptedAtMs: number, bulk: boolean): LogRecord {
  return sampleRecord('key', { envelope: sampleEnvelope({ acceptedAtMs, bulk }) });
}

async function settle(
  store: PostgresDeliveryStore,
  lane: TakenLane,
  normal: LanePosition,
): Promise<void> {
  const { lost } = await store.flush([settlementOf(lane, { normal, bulk: lane.bulk })]);
  assert.deepEqual(lost, []);
}
