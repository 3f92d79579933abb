import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LaneLease, Ledger, MailEvent, StoredRecord } from '@staffetta/core';
import {
  ApartLedger,
  ApartSettlementLog,
  ParkSlices,
  PostgresDeliveryStore,
  PostgresEventStore,
  PostgresTrace,
  prepareLanes,
} from '@staffetta/postgres';
import {
  acceptedEvent,
  acceptedLeases,
  pipeLane,
  readAll,
  sampleEnvelope,
  sampleRecord,
  settlementOf,
} from '@staffetta/testing';
import type { KafkaLog } from './kafka-log.ts';
import { testKafkaLogs } from './testing/test-logs.ts';
import type { TestLogs } from './testing/test-logs.ts';

const makeLogs = testKafkaLogs();
const NOTHING = Buffer.alloc(0);

interface Relay {
  readonly made: TestLogs;
  readonly log: KafkaLog;
  readonly ledger: Ledger;
  readonly store: PostgresDeliveryStore;
  readonly leases: readonly LaneLease[];
  /** Brings what was told to the trace. */
  record(): Promise<void>;
}

function check(title: string, body: (relay: Relay) => Promise<void>): void {
  void test(title, async () => {
    const made = await makeLogs();
    const { database, lanes } = made;
    try {
      const log = made.open('one');
      await prepareLanes(database, { events: log.events.lanes });
      const { taken } = await lanes.tend('events', 'one', []);
      const events = new PostgresEventStore(database);
      const positions = new Map(taken.map((lease) => [lease, 1]));
      await body({
        ...{ made, log, ledger: new ApartLedger(database, log.counted) },
        store: new PostgresDeliveryStore(
          database,
          new ApartSettlementLog(log, new ParkSlices(database)),
        ),
        leases: (await lanes.tend('outbound', 'one', [])).taken,
        record: async () => {
          for (const [lease, from] of positions) {
            const read = await log.events.read(lease.lane, from);
            const position = read.nextPosition;
            const told = { events: read.events, position };
            assert.deepEqual(await events.record(lease, from, told), { kind: 'ok' });
            positions.set(lease, position);
          }
        },
      });
    } finally {
      await made.stop();
    }
  });
}

async function accept({ log }: Relay, count: number): Promise<void> {
  const records = Array.from({ length: count }, (_, n) =>
    sampleRecord(`k ${n}`, { topic: 'accepted', envelope: sampleEnvelope() }),
  );
  await Promise.all(records.map((record) => log.append([record], [acceptedEvent(record)])));
}

async function route({ log, made }: Relay): Promise<void> {
  for (const lease of await acceptedLeases(made.lanes)) await pipeLane(log, lease);
}

async function outbound({ log, leases }: Relay): Promise<Map<LaneLease, readonly StoredRecord[]>> {
  const found = new Map<LaneLease, readonly StoredRecord[]>();
  for (const lease of leases) {
    found.set(lease, await readAll(log, { topic: 'outbound', lane: lease.lane, bulk: false }));
  }
  return found;
}

function ended(type: 'delivered' | 'bounced' | 'deferred', { envelope }: StoredRecord): MailEvent {
  const { messageId, tenantId } = envelope;
  return { type, messageId, tenantId, recipient: 1, atMs: Date.now(), attempt: 1, site: 's' };
}

async function balances({ ledger }: Relay, begun: number, over: number): Promise<void> {
  const { balanced, waiting, messageIds, ...sums } = await ledger.check();
  assert.deepEqual(
    { balanced, waiting, begun: sums.begun, ended: sums.ended, messageIds },
    { balanced: true, waiting: begun - over, begun, ended: over, messageIds: [] },
  );
}

check('balances wherever mail and events are', async (relay) => {
  const { leases, store } = relay;
  await balances(relay, 0, 0);
  await accept(relay, 12);
  await balances(relay, 12, 0);
  await route(relay);
  await balances(relay, 12, 0);
  await relay.record();
  await balances(relay, 12, 0);
  const waiting = await outbound(relay);
  const [lease, records] = [...waiting].find(([, list]) => list.length >= 3)!;
  const [first, second, third] = records as readonly [StoredRecord, StoredRecord, StoredRecord];
  const { envelope, body } = second;
  await store.flush([
    settlementOf(lease, {
      // The first is delivered, the second parked, the third delivered out of turn.
      normal: { position: first.position, settled: settledAt(first, first, second, third) },
      inserts: [{ envelope, body, dueAtMs: 0, state: 'due', lastReply: undefined, reason: '' }],
      events: [ended('delivered', first), ended('deferred', second), ended('delivered', third)],
    }),
  ]);
  await balances(relay, 12, 2);
  await relay.record();
  await balances(relay, 12, 2);
  const [row] = await store.pull(leases, 9, { exclude: [], excludeSites: [] });
  await store.flush([
    settlementOf(lease, { deletes: [row!.id], events: [ended('bounced', second)] }),
  ]);
  // Its position went back to the start, as if no one had saved it: what has ended does not wait again.
  await balances(relay, 12, 3);
});

check('an outcome that was told and not saved is told again, and counted once', async (relay) => {
  await accept(relay, 3);
  await route(relay);
  const records = [...(await outbound(relay)).values()].flat();
  const [first, second, third] = [records[0]!, records[1]!, records[2]!];
  await relay.log.append([], [ended('delivered', first), ended('bounced', second)]);
  await balances(relay, 3, 2);
  await relay.record();
  await relay.log.append(
    [],
    [ended('bounced', first), ended('bounced', second), ended('delivered', third)],
  );
  await balances(relay, 3, 3);
  await relay.record();
  await balances(relay, 3, 3);
  const trace = new PostgresTrace(relay.made.database);
  const { messageId } = first.envelope;
  assert.equal((await trace.message(messageId))?.recipients[0]?.state, 'delivered');
});

check('what is lost is named', async (relay) => {
  await accept(relay, 5);
  await route(relay);
  await relay.record();
  const [lease, records] = [...(await outbound(relay))].find(([, list]) => list.length > 0)!;
  const last = records.at(-1)!;
  const normal = { position: last.position + 1, settled: NOTHING };
  await relay.store.flush([settlementOf(lease, { normal })]);
  const found = await relay.ledger.check();
  assert.equal(found.balanced, false);
  assert.equal(found.difference, records.length);
  assert.deepEqual(
    [...found.messageIds].sort(),
    records.map(({ envelope }) => envelope.messageId).sort(),
  );
});

/** The bitmap in which these records are settled, from the first one on. */
function settledAt(from: StoredRecord, ...records: readonly StoredRecord[]): Buffer {
  const settled = Buffer.alloc(64);
  for (const { position } of records) {
    const index = position - from.position;
    settled[index >> 3]! |= 1 << (index & 7);
  }
  return settled;
}
