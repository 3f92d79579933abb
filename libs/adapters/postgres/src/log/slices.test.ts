import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PositionGone } from '@staffetta/core';
import type { Log, StoredRecord } from '@staffetta/core';
import {
  acceptedLeases,
  byReference,
  passOn,
  pipeLane,
  randomBody,
  readAll,
  readTopic,
  sampleRecord,
} from '@staffetta/testing';
import { PostgresLanes } from '../lanes/postgres-lanes.ts';
import { OUTBOUND_LANES, testLogDatabases } from '../testing/test-databases.ts';
import type { TestLogDatabase } from '../testing/test-databases.ts';
import type { PostgresLog } from './postgres-log.ts';

const makeDatabase = testLogDatabases();

async function withLog(
  body: (log: PostgresLog, made: TestLogDatabase) => Promise<void>,
): Promise<void> {
  const made = await makeDatabase();
  try {
    await body(made.connect().log, made);
  } finally {
    await made.stop();
  }
}

async function trimAll(log: PostgresLog): Promise<void> {
  for (const { partition, position } of await readLeft(log)) log.trim(partition, position + 1);
  await log.saveTrimmed();
}

async function firstOf(log: Log, lane: number): Promise<number> {
  const partition = { topic: 'outbound', lane, bulk: false } as const;
  for (let position = 1; ; position += 1) {
    try {
      await log.read(partition, position, { recordsMax: 1, bytesMax: 1 });
      return position;
    } catch (error) {
      if (!(error instanceof PositionGone)) throw error;
    }
  }
}

/** What is still there of all lanes. */
async function readLeft(log: Log): Promise<readonly StoredRecord[]> {
  const all: StoredRecord[] = [];
  for (let lane = 0; lane < OUTBOUND_LANES; lane += 1) {
    const from = await firstOf(log, lane);
    all.push(...(await readAll(log, { topic: 'outbound', lane, bulk: false }, from)));
  }
  return all;
}

interface RingTable extends Record<string, unknown> {
  readonly name: string;
  readonly bytes: number;
  readonly dead: number;
  readonly deleted: number;
}

async function ringTables({ database }: TestLogDatabase): Promise<readonly RingTable[]> {
  return database.query<RingTable>(
    `select relname as name, pg_total_relation_size(oid) as bytes,
            pg_stat_get_dead_tuples(oid) as dead, pg_stat_get_tuples_deleted(oid) as deleted
     from pg_class where relname ~ '^log_[0-9]+_(record|body)$' order by 1`,
  );
}

test('a slice is freed only when nothing in it is unsettled', () =>
  withLog(async (log) => {
    await log.append([sampleRecord('k')], []);
    assert.deepEqual(await log.slices.tend(), []);
    await log.append([sampleRecord('k')], []);
    assert.deepEqual(await log.slices.tend(), []);
    assert.equal((await log.slices.list()).length, 3);
    await trimAll(log);
    assert.equal((await log.slices.tend()).length, 2);
    await log.append([sampleRecord('after')], []);
    assert.equal((await readLeft(log)).length, 1);
  }));

test('a slice stays while a later record refers to a content in it, through any number of rotations', () =>
  withLog(async (log, made) => {
    const body = randomBody(100_000);
    await log.append([sampleRecord('k', { topic: 'accepted', body })], []);
    for (let n = 0; n < 3; n += 1) await log.slices.tend();
    for (const lease of await acceptedLeases(new PostgresLanes(made.database))) {
      await pipeLane(log, lease);
    }
    await log.saveTrimmed();
    for (let n = 0; n < 3; n += 1) {
      await log.append([sampleRecord('other')], []);
      assert.deepEqual(await log.slices.tend(), []);
    }
    const stored = (await readLeft(log)).find(({ key }) => key === 'k');
    const { log: other } = made.connect();
    assert.ok((await other.readBody(byReference(stored!.body))).equals(body.bytes!));
    await trimAll(log);
    assert.ok((await log.slices.tend()).length > 3);
    await assert.rejects(other.readBody(byReference(stored!.body)), /BodyGone|freed|missing/);
  }));

test('after many rotations the tables are those of a new log, and no row in them is dead', () =>
  withLog(async (log, made) => {
    const round = async (): Promise<void> => {
      const records = Array.from({ length: 20 }, (_, n) =>
        sampleRecord(`k ${n}`, { body: randomBody(20_000) }),
      );
      await log.append(records, []);
      await trimAll(log);
      await log.slices.tend();
    };
    const sizes: number[] = [];
    for (let n = 0; n < 12; n += 1) {
      await round();
      const tables = await ringTables(made);
      sizes.push(tables.reduce((sum, { bytes }) => sum + bytes, 0));
      for (const { name, dead, deleted } of tables)
        assert.deepEqual([name, dead, deleted], [name, 0, 0]);
    }
    const [, second = 0] = sizes;
    const last = sizes.at(-1)!;
    assert.ok(last <= second, `${sizes.join(', ')} octets`);
    const rings = new Set((await ringTables(made)).map(({ name }) => name));
    assert.ok(rings.size <= 4, [...rings].join());
  }));

test('a process that died before it said so does not keep what it settled', () =>
  withLog(async (log, made) => {
    await log.append([sampleRecord('k', { topic: 'accepted' })], []);
    for (const lease of await acceptedLeases(new PostgresLanes(made.database))) {
      await pipeLane(log, lease, { transform: async () => ({ records: [], events: [] }) });
    }
    // Without saveTrimmed: as after kill -9.
    const { log: next } = made.connect();
    await next.slices.tend();
    assert.equal((await next.slices.tend()).length, 0);
    const slices = await made.database.query<{ open: number }>(
      'select count(*) as open from log_slice where freed_at is null',
    );
    assert.equal(slices[0]?.open, 1);
  }));

test('appends and pipes go on while slices rotate under them', () =>
  withLog(async (log, made) => {
    const { log: other } = made.connect();
    const leases = await acceptedLeases(new PostgresLanes(made.database));
    let appending = true;
    let appended = 0;
    const appenders = [log, other, log].map(async (one) => {
      for (let n = 0; n < 40; n += 1) {
        await one.append([sampleRecord(`k ${n}`, { topic: 'accepted' })], []);
        appended += 1;
      }
    });
    let piped = 0;
    const piping = (async () => {
      while (appending)
        for (const lease of leases) piped += await pipeLane(other, lease, { transform: passOn });
    })();
    const rotating = (async () => {
      while (appending) await log.slices.tend();
    })();
    await Promise.all(appenders);
    appending = false;
    await Promise.all([piping, rotating]);
    for (const lease of leases) piped += await pipeLane(other, lease);
    assert.equal(appended, 120);
    assert.equal(piped, 120);
    assert.equal((await readTopic(log, 'outbound', OUTBOUND_LANES)).length, 120);
  }));

test('a content of many records is stored once', () =>
  withLog(async (log, made) => {
    const body = randomBody(200_000);
    await log.append(
      Array.from({ length: 50 }, (_, n) => sampleRecord(`k ${n}`, { body })),
      [],
    );
    const [stored] = await made.database.query<{ bytes: number }>(
      'select sum(length(bytes)) as bytes from log_0_body',
    );
    assert.equal(stored?.bytes, body.sizeBytes);
  }));
