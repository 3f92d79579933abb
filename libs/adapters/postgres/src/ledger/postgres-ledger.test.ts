import assert from 'node:assert/strict';
import { test } from 'node:test';
import type {
  LaneLease,
  LaneSettlement,
  LogRecord,
  MailEvent,
  PipeResult,
  StoredRecord,
} from '@staffetta/core';
import {
  acceptedEvent,
  acceptedLeases,
  parkedInserts,
  pipeLane,
  readAll,
  sampleEnvelope,
  sampleRecord,
  settlementOf,
} from '@staffetta/testing';
import { PostgresLanes } from '../lanes/postgres-lanes.ts';
import type { PostgresLog } from '../log/postgres-log.ts';
import { PostgresDeliveryStore } from '../scheduled/postgres-delivery-store.ts';
import { OUTBOUND_LANES, testLogDatabases } from '../testing/test-databases.ts';
import type { TestLogDatabase } from '../testing/test-databases.ts';
import { PostgresLedger } from './postgres-ledger.ts';
import { inSnapshot } from './snapshot.ts';
import { unsettledRecords } from './unsettled-records.ts';

const makeDatabase = testLogDatabases();

interface Relay {
  readonly made: TestLogDatabase;
  readonly log: PostgresLog;
  readonly ledger: PostgresLedger;
  readonly store: PostgresDeliveryStore;
  readonly lanes: PostgresLanes;
}

async function withRelay(body: (relay: Relay) => Promise<void>): Promise<void> {
  const made = await makeDatabase();
  const { database, log } = made.connect();
  const lanes = new PostgresLanes(database);
  const store = new PostgresDeliveryStore(database, log);
  const ledger = new PostgresLedger(database);
  try {
    await body({ made, log, ledger, store, lanes });
  } finally {
    await made.stop();
  }
}

function accepted(count: number, tenantId = 'default'): LogRecord[] {
  return Array.from({ length: count }, (_, n) =>
    sampleRecord(`k ${n}`, { topic: 'accepted', envelope: sampleEnvelope({ tenantId }) }),
  );
}

async function accept({ log }: Relay, records: readonly LogRecord[]): Promise<void> {
  await log.append(records, records.map(acceptedEvent));
}

function ended(type: 'delivered' | 'bounced' | 'deferred', { envelope }: StoredRecord): MailEvent {
  const { messageId, tenantId } = envelope;
  return { type, messageId, tenantId, recipient: 1, atMs: Date.now(), attempt: 1, site: 's' };
}

async function route({ log, lanes }: Relay): Promise<void> {
  for (const lease of await acceptedLeases(lanes)) await pipeLane(log, lease);
}

async function outboundOf({ log }: Relay, lease: LaneLease): Promise<readonly StoredRecord[]> {
  return readAll(log, { topic: 'outbound', lane: lease.lane, bulk: false });
}

async function balances({ ledger }: Relay, begun: number, ended: number): Promise<void> {
  const check = await ledger.check();
  const { balanced, difference, waiting } = check;
  const wanted = { balanced: true, difference: 0, begun, ended, waiting: begun - ended };
  assert.deepEqual(
    { balanced, difference, begun: check.begun, ended: check.ended, waiting },
    wanted,
  );
  assert.deepEqual([check.lines, check.messageIds], [[], []]);
}

test('it balances after each step of a message', () =>
  withRelay(async (relay) => {
    const { lanes, store, ledger, log } = relay;
    await balances(relay, 0, 0);
    await accept(relay, [...accepted(20), ...accepted(5, 'another')]);
    await balances(relay, 25, 0);
    await route(relay);
    await balances(relay, 25, 0);
    let done = 0;
    for (const lease of (await lanes.tend('outbound', 'one', [])).taken) {
      const records = await outboundOf(relay, lease);
      if (records.length === 0) continue;
      // The second is delivered before the first, which is deferred afterwards.
      const second = records[1] ? [ended('delivered', records[1])] : [];
      const settled = Buffer.from(second.length > 0 ? [0b10] : []);
      await store.flush([
        settlementOf(lease, { normal: { position: 1, settled }, events: second }),
      ]);
      done += second.length;
      await balances(relay, 25, done);
      const position = records[1] ? 3 : 2;
      const { envelope, body } = records[0]!;
      const insert = {
        envelope,
        body,
        dueAtMs: 0,
        state: 'due',
        lastReply: undefined,
        reason: '',
      } as const;
      const events = [ended('deferred', records[0]!)];
      const normal = { position, settled: Buffer.alloc(0) };
      await store.flush([settlementOf(lease, { normal, inserts: [insert], events })]);
      await balances(relay, 25, done);
      const [row] = await store.pull([lease], 9, { exclude: [], excludeSites: [] });
      const bounced = [ended('bounced', records[0]!)];
      await store.flush([settlementOf(lease, { normal, deletes: [row!.id], events: bounced })]);
      done += 1;
      await balances(relay, 25, done);
    }
    await ledger.fold();
    await balances(relay, 25, done);
    assert.ok(done > 4);
    await log.slices.tend();
    await balances(relay, 25, done);
  }));

test('it balances at any moment under load, while slices come and go', () =>
  withRelay(async (relay) => {
    const { lanes, store, ledger, log } = relay;
    let loading = true;
    let checks = 0;
    const checking = (async () => {
      while (loading) {
        const { balanced, difference, messageIds } = await ledger.check();
        assert.ok(balanced, `difference ${difference}, messages ${messageIds.join(' ')}`);
        checks += 1;
        await ledger.fold();
      }
    })();
    const leases = (await lanes.tend('outbound', 'one', [])).taken;
    const positions = new Map(leases.map(({ lane }) => [lane, 1]));
    const routing = await acceptedLeases(lanes);
    let delivered = 0;
    for (let round = 0; round < 25; round += 1) {
      await Promise.all([accept(relay, accepted(8)), accept(relay, accepted(3))]);
      for (const lease of routing) await pipeLane(log, lease);
      const settlements: LaneSettlement[] = [];
      for (const lease of leases) {
        const from = positions.get(lease.lane)!;
        const partition = { topic: 'outbound', lane: lease.lane, bulk: false } as const;
        const records = await readAll(log, partition, from);
        positions.set(lease.lane, from + records.length);
        delivered += records.length;
        const normal = { position: from + records.length, settled: Buffer.alloc(0) };
        const events = records.map((record) => ended('delivered', record));
        settlements.push(settlementOf(lease, { normal, events }));
      }
      await store.flush(settlements);
      await log.saveTrimmed();
      await log.slices.tend();
    }
    loading = false;
    await checking;
    assert.ok(checks > 3, `${checks} checks`);
    await balances(relay, 25 * 11, delivered);
    assert.equal(delivered, 25 * 11);
  }));

test('it names the messages that are lost or there too often', () =>
  withRelay(async (relay) => {
    const { made, lanes, store, log, ledger } = relay;
    const lease = (await lanes.tend('outbound', 'one', [])).taken[0]!;
    const envelopes = Array.from({ length: 12 }, () => sampleEnvelope());
    const inserts = await parkedInserts({ log, outboundLanes: OUTBOUND_LANES }, envelopes);
    // Their records in the log are done with; the rows are what waits.
    await made.database.query(
      `update lane set position = next from log_partition
       where topic = 2 and log_partition.id = topic * 20000 + lane * 2`,
    );
    const [lane] = await made.database.query<{ position: number }>(
      'select position from lane where topic = 2 and lane = $1',
      [lease.lane],
    );
    const normal = { position: lane!.position, settled: Buffer.alloc(0) };
    const events = envelopes.map((envelope) => acceptedEvent(sampleRecord('k', { envelope })));
    await store.flush([settlementOf(lease, { normal, inserts, events })]);
    await balances(relay, 12, 0);
    const ids = envelopes.map(({ messageId }) => messageId);
    await made.database.query('delete from scheduled where message_id = any($1::uuid[])', [
      [ids[7], ids[3]],
    ]);
    const lost = await ledger.check();
    assert.deepEqual(
      [lost.balanced, lost.difference, lost.messageIds],
      [false, 2, [ids[3], ids[7]]],
    );
    assert.equal(lost.lines[0]?.difference, 2);
    const delivered = ended('delivered', { envelope: envelopes[5] } as StoredRecord);
    await store.flush([settlementOf(lease, { normal, events: [delivered] })]);
    const twice = await ledger.check();
    assert.deepEqual([twice.balanced, twice.difference], [false, 1]);
    // What waits though it has ended comes last.
    assert.deepEqual(twice.messageIds, [ids[3], ids[7], ids[5]]);
  }));

test('what a snapshot sees is not emptied under it', () =>
  withRelay(async (relay) => {
    const { made, log, lanes } = relay;
    await accept(relay, accepted(7));
    await log.slices.tend();
    const leases = await acceptedLeases(lanes);
    await inSnapshot(made.database, async (connection) => {
      const seen = async (): Promise<number> => {
        let count = 0;
        for await (const { recipients } of unsettledRecords(connection)) count += recipients.length;
        return count;
      };
      for (const lease of leases) await pipeLane(log, lease, { transform: drop });
      await log.saveTrimmed();
      assert.deepEqual(await log.slices.tend(), []);
      assert.equal(await seen(), 7);
    });
    assert.ok((await log.slices.tend()).length > 0);
  }));

function drop(): Promise<PipeResult> {
  return Promise.resolve({ records: [], events: [] });
}
