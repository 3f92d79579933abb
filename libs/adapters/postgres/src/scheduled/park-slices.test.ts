import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LaneLease, LogRecord } from '@staffetta/core';
import {
  byReference,
  parkedInserts,
  readTopic,
  sampleEnvelope,
  sampleRecord,
  settlementOf,
} from '@staffetta/testing';
import { PostgresLanes } from '../lanes/postgres-lanes.ts';
import type { PostgresLog } from '../log/postgres-log.ts';
import { OUTBOUND_LANES, testLogDatabases } from '../testing/test-databases.ts';
import type { TestLogDatabase } from '../testing/test-databases.ts';
import { PostgresDeliveryStore } from './postgres-delivery-store.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const ALL = { exclude: [], excludeSites: [] };

const makeDatabase = testLogDatabases();

interface Parking {
  readonly made: TestLogDatabase;
  readonly log: PostgresLog;
  readonly store: PostgresDeliveryStore;
  readonly lease: LaneLease;
}

async function withParking(body: (parking: Parking) => Promise<void>): Promise<void> {
  const made = await makeDatabase();
  const { database, log } = made.connect();
  const [lease] = (await new PostgresLanes(database).tend('outbound', 'one', [])).taken;
  try {
    await body({ made, log, store: new PostgresDeliveryStore(database, log), lease: lease! });
  } finally {
    await made.stop();
  }
}

async function slicesOf({ made }: Parking): Promise<readonly string[]> {
  const rows = await made.database.query<{ kind: string }>(
    'select kind from park_slice where freed_at is null order by seq',
  );
  return rows.map(({ kind }) => kind);
}

async function parkedParts({ made }: Parking): Promise<number> {
  const rows = await made.database.query<{ parts: number }>(
    'select count(*) as parts from park_0_body',
  );
  return rows[0]!.parts;
}

async function park(
  parking: Parking,
  expiresAtMs = Date.now() + DAY_MS,
  count = 3,
): Promise<readonly Buffer[]> {
  const { store, lease } = parking;
  const envelopes = Array.from({ length: count }, () => sampleEnvelope({ expiresAtMs }));
  const inserts = await parkedInserts({ ...parking, outboundLanes: OUTBOUND_LANES }, envelopes);
  await store.flush([settlementOf(lease, { inserts })]);
  return inserts.map(({ content }) => content);
}

test('a message parked in several rows has its content once', () =>
  withParking(async (parking) => {
    const { store, lease } = parking;
    const [insert] = await parkedInserts({ ...parking, outboundLanes: OUTBOUND_LANES }, [
      sampleEnvelope(),
    ]);
    await store.flush([settlementOf(lease, { inserts: [insert!, insert!] })]);
    await store.flush([settlementOf(lease, { inserts: [insert!] })]);
    const rows = await store.pull([lease], 9, ALL);
    assert.equal(rows.length, 3);
    assert.equal(await parkedParts(parking), 1);
    for (const { body } of rows) {
      assert.ok((await parking.log.readBody(body)).equals(insert!.content));
    }
  }));

test('a slice goes when no row needs it, and not before', () =>
  withParking(async (parking) => {
    const { store, log, lease } = parking;
    await park(parking);
    const later = (Math.floor(Date.now() / HOUR_MS) + 2) * HOUR_MS;
    await log.parkSlices.tend(later);
    assert.deepEqual(await slicesOf(parking), ['hour']);
    const rows = await store.pull([lease], 9, ALL);
    await store.flush([settlementOf(lease, { deletes: rows.slice(1).map(({ id }) => id) })]);
    await log.parkSlices.tend(later);
    assert.deepEqual(await slicesOf(parking), ['hour']);
    await store.flush([settlementOf(lease, { deletes: [rows[0]!.id] })]);
    await log.parkSlices.tend(Date.now());
    assert.deepEqual(await slicesOf(parking), ['hour'], 'mail may still be parked in it');
    await log.parkSlices.tend(later);
    assert.deepEqual(await slicesOf(parking), []);
    assert.equal(await parkedParts(parking), 0);
  }));

test('what is left after hours moves to the slices of the days on which it expires', () =>
  withParking(async (parking) => {
    const { store, log, lease, made } = parking;
    const contents = [
      ...(await park(parking, Date.now() + DAY_MS)),
      ...(await park(parking, Date.now() + 3 * DAY_MS)),
    ];
    await log.parkSlices.tend(Date.now() + 6 * HOUR_MS);
    assert.deepEqual(await slicesOf(parking), ['day', 'day']);
    // Another process, too, finds them where they are now.
    const { log: other } = made.connect();
    const rows = await store.pull([lease], 9, ALL);
    const found = await Promise.all(rows.map(({ body }) => other.readBody(body)));
    assert.equal(found.length, contents.length);
    for (const content of contents) assert.ok(found.some((one) => one.equals(content)));
    await store.flush([settlementOf(lease, { deletes: rows.map(({ id }) => id) })]);
    await log.parkSlices.tend(Date.now() + 6 * DAY_MS);
    assert.deepEqual(await slicesOf(parking), []);
  }));

test('mail that went back to the log does not need its slice any more', () =>
  withParking(async (parking) => {
    const { store, log, lease } = parking;
    const [content] = await park(parking, undefined, 1);
    const [row] = await store.pull([lease], 9, ALL);
    const { envelope, body } = row!;
    const records: LogRecord[] = [sampleRecord('new site', { envelope, body })];
    await store.flush([settlementOf(lease, { deletes: [row!.id], records })]);
    await log.parkSlices.tend(Date.now() + 4 * HOUR_MS);
    assert.deepEqual(await slicesOf(parking), []);
    const stored = await readTopic(log, 'outbound', OUTBOUND_LANES);
    const moved = stored.find(({ key }) => key === 'new site')!;
    assert.ok((await log.readBody(byReference(moved.body))).equals(content!));
  }));

test('parking into an hour and freeing it at once leaves no row without content', () =>
  withParking(async (parking) => {
    const { store, log, lease } = parking;
    let isParking = true;
    const freeing = (async () => {
      while (isParking) await log.parkSlices.tend(Date.now() + 2 * HOUR_MS);
    })();
    for (let n = 0; n < 10; n += 1) await park(parking, undefined, 2).catch(() => undefined);
    isParking = false;
    await freeing;
    for (const { body } of await store.pull([lease], 99, ALL)) {
      assert.equal((await log.readBody(body)).length, body.sizeBytes);
    }
  }));
