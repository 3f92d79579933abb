import assert from 'node:assert/strict';
import { test } from 'node:test';
import type {
  DeliveryStore,
  Envelope,
  LaneLease,
  LaneSettlement,
  Lanes,
  Log,
  Recipient,
  ScheduledInsert,
  ScheduledRow,
} from '@staffetta/core';
import { byReference, randomBody, readTopic, sampleEnvelope, sampleRecord } from './log-samples.ts';

/** A store made for one check: empty, beside an empty log. */
export interface MadeDeliveryStore {
  readonly store: DeliveryStore;
  readonly log: Log;
  readonly lanes: Lanes;
  readonly outboundLanes: number;
  stop(): Promise<void>;
}

const NOTHING = { position: 1, settled: Buffer.alloc(0) };
const ALL = { exclude: [], excludeSites: [] };
const REPLY = { code: 451, enhanced: '4.2.1', text: 'later', host: 'mx', command: 'RCPT TO' };

/** What one lane writes; what is not told is nothing. */
export function settlementOf(
  lease: LaneLease,
  change: Partial<LaneSettlement> = {},
): LaneSettlement {
  const nothing = { inserts: [], deletes: [], wire: [], updates: [], events: [], records: [] };
  return { lease, normal: NOTHING, bulk: NOTHING, ...nothing, ...change };
}

/** Rows for messages whose contents are in the log, due now. */
export async function parkedInserts(
  made: Pick<MadeDeliveryStore, 'log' | 'outboundLanes'>,
  envelopes: readonly Envelope[],
  sizeBytes = 2_000,
): Promise<readonly (ScheduledInsert & { readonly content: Buffer })[]> {
  const records = envelopes.map((envelope, n) =>
    sampleRecord(`k ${n}`, { envelope, body: randomBody(sizeBytes) }),
  );
  await made.log.append(records, []);
  const stored = await readTopic(made.log, 'outbound', made.outboundLanes);
  return records.map(({ envelope, body }) => {
    const { messageId } = envelope;
    const place = stored.find((one) => one.envelope.messageId === messageId)!.body;
    return {
      envelope,
      body: byReference(place),
      dueAtMs: Date.now() - 1_000,
      state: 'due',
      lastReply: undefined,
      reason: '',
      content: body.bytes!,
    };
  });
}

function siteOf(name: string): Pick<Envelope, 'route'> {
  return { route: { site: name, domain: name, nextHop: '', relay: false } };
}

function idsOf(rows: readonly ScheduledRow[]): readonly string[] {
  return rows.map(({ envelope }) => envelope.messageId);
}

type Check = (
  title: string,
  body: (made: MadeDeliveryStore, leases: readonly LaneLease[]) => Promise<void>,
) => void;

/** What every adapter of the DeliveryStore port promises. `make` is called for each check. */
export function deliveryStoreContract(label: string, make: () => Promise<MadeDeliveryStore>): void {
  const check: Check = (title, body) => {
    void test(`${label}: ${title}`, async () => {
      const made = await make();
      try {
        await body(made, (await made.lanes.tend('outbound', 'one', [])).taken);
      } finally {
        await made.stop();
      }
    });
  };
  flushChecks(check);
  rowChecks(check);
  pullChecks(check);
}

function flushChecks(check: Check): void {
  check('positions and bitmaps come back to the next owner', async ({ store, lanes }, leases) => {
    const normal = { position: 12, settled: Buffer.from([0b1010, 0, 0x80]) };
    const bulk = { position: 4, settled: Buffer.alloc(0) };
    assert.deepEqual(await store.flush([settlementOf(leases[0]!, { normal, bulk })]), { lost: [] });
    await lanes.release(leases);
    const { taken } = await lanes.tend('outbound', 'one', []);
    const again = taken.find(({ lane }) => lane === leases[0]!.lane)!;
    assert.deepEqual([again.normal, again.bulk], [normal, bulk]);
  });

  check("a lost lane's part is left out, the others are written", async (made, leases) => {
    const { store, lanes } = made;
    const [lost, kept] = leases as readonly [LaneLease, LaneLease];
    await lanes.release([lost]);
    const inserts = await parkedInserts(made, [sampleEnvelope(), sampleEnvelope()]);
    const result = await store.flush([
      settlementOf(lost, { inserts: [inserts[0]!], records: [sampleRecord('of the lost')] }),
      settlementOf(kept, { inserts: [inserts[1]!], records: [sampleRecord('of the kept')] }),
    ]);
    assert.deepEqual(result.lost, [lost]);
    assert.deepEqual(idsOf(await store.pull(leases, 9, ALL)), [inserts[1]!.envelope.messageId]);
    const keys = (await readTopic(made.log, 'outbound', made.outboundLanes)).map(({ key }) => key);
    assert.ok(keys.includes('of the kept') && !keys.includes('of the lost'));
    assert.deepEqual((await store.flush([settlementOf(lost)])).lost, [lost]);
  });

  check(
    'a settlement that is flushed again, as after a lost reply, counts once',
    async (made, leases) => {
      const { store } = made;
      const [insert] = await parkedInserts(made, [sampleEnvelope()]);
      const settlement = settlementOf(leases[0]!, {
        inserts: [insert!],
        records: [sampleRecord('once')],
      });
      assert.deepEqual(await store.flush([settlement]), { lost: [] });
      const next = settlementOf(leases[1]!, { records: [sampleRecord('beside')] });
      assert.deepEqual(await store.flush([settlement, next]), { lost: [] });
      assert.equal((await store.pull(leases, 9, ALL)).length, 1);
      const keys = (await readTopic(made.log, 'outbound', made.outboundLanes)).map(
        ({ key }) => key,
      );
      assert.deepEqual(keys.filter((key) => !key.startsWith('k ')).sort(), ['beside', 'once']);
    },
  );

  check('strangers’ words never stop a flush', async (made, leases) => {
    const { store } = made;
    const [insert] = await parkedInserts(made, [sampleEnvelope()]);
    const text = 'no\u0000 room 🐎'.slice(0, -1);
    const lastReply = { ...REPLY, text };
    await store.flush([
      settlementOf(leases[0]!, { inserts: [{ ...insert!, lastReply, reason: text }] }),
    ]);
    const [row] = await store.pull(leases, 9, ALL);
    assert.match(row?.lastReply?.text ?? '', /^no. room .$/u);
  });
}

function rowChecks(check: Check): void {
  check('a row gives back envelope, content, reply and time', async (made, leases) => {
    const { store, log } = made;
    for (const sizeBytes of [0, 1, 300_000, 5_000_000]) {
      const [insert] = await parkedInserts(made, [sampleEnvelope(siteOf('a.example'))], sizeBytes);
      const lease = leases[0]!;
      await store.flush([settlementOf(lease, { inserts: [{ ...insert!, lastReply: REPLY }] })]);
      const [row] = await store.pull(leases, 9, ALL);
      assert.deepEqual(row?.envelope.messageId, insert!.envelope.messageId);
      assert.deepEqual(row.envelope.route, insert!.envelope.route);
      assert.deepEqual([row.lane, row.dueAtMs], [lease.lane, insert!.dueAtMs]);
      assert.deepEqual(row.lastReply, REPLY);
      assert.ok((await log.readBody(row.body)).equals(insert!.content));
      await store.flush([settlementOf(lease, { deletes: [row.id] })]);
      assert.deepEqual(await store.pull(leases, 9, ALL), []);
    }
  });

  check('an update changes what it names', async (made, leases) => {
    const { store } = made;
    const lease = leases[0]!;
    const [insert] = await parkedInserts(made, [sampleEnvelope()]);
    await store.flush([settlementOf(lease, { inserts: [{ ...insert!, lastReply: REPLY }] })]);
    const [row] = await store.pull(leases, 9, ALL);
    const recipients: Recipient[] = [{ ...row!.envelope.recipients[0]!, attempts: 3 }];
    const envelope = { ...row!.envelope, recipients };
    const later = Date.now() + 60_000;
    const flushUpdate = (
      dueAtMs: number,
      change: { envelope?: Envelope } = {},
    ): Promise<unknown> => {
      const updates = [{ id: row!.id, dueAtMs, state: 'waiting' as const, ...change }];
      return store.flush([settlementOf(lease, { updates })]);
    };
    await flushUpdate(later, { envelope });
    assert.deepEqual(await store.pull(leases, 9, ALL), []);
    assert.equal(await store.nextDueAtMs(leases), later);
    await flushUpdate(Date.now() - 5);
    const [again] = await store.pull(leases, 9, ALL);
    assert.deepEqual([again?.envelope.recipients[0]?.attempts, again?.lastReply], [3, REPLY]);
  });

  check(
    'what is on the wire is nobody’s until it is reclaimed, by the owner only',
    async (made, leases) => {
      const { store, lanes } = made;
      const lease = leases[0]!;
      const { first } = await store.takeRowIds();
      const [insert] = await parkedInserts(made, [sampleEnvelope()]);
      const inserts = [{ ...insert!, id: first, state: 'wire' as const }];
      await store.flush([settlementOf(lease, { inserts })]);
      assert.deepEqual(await store.pull(leases, 9, ALL), []);
      assert.equal(await store.nextDueAtMs(leases), undefined);
      await lanes.release(leases);
      const taken = (await lanes.tend('outbound', 'one', [])).taken;
      assert.deepEqual(await store.reclaim(leases), []);
      assert.deepEqual(
        (await store.reclaim(taken)).map(({ id }) => id),
        [first],
      );
      assert.deepEqual(
        (await store.pull(taken, 9, ALL)).map(({ id }) => id),
        [first],
      );
      assert.deepEqual(await store.reclaim(taken), []);
    },
  );

  check(
    'a row that goes on the wire is nobody’s until it is reclaimed or put back',
    async (made, leases) => {
      const { store } = made;
      const lease = leases[0]!;
      await store.flush([
        settlementOf(lease, { inserts: await parkedInserts(made, [sampleEnvelope()]) }),
      ]);
      const [row] = await store.pull(leases, 9, ALL);
      const wire = [row!.id];
      await store.flush([settlementOf(lease, { wire })]);
      assert.deepEqual(await store.pull(leases, 9, ALL), []);
      const updates = [{ id: row!.id, dueAtMs: Date.now() - 5, state: 'due' as const }];
      await store.flush([settlementOf(lease, { updates })]);
      assert.equal((await store.pull(leases, 9, ALL)).length, 1);
      await store.flush([settlementOf(lease, { wire })]);
      assert.deepEqual(
        (await store.reclaim(leases)).map(({ id }) => id),
        wire,
      );
      assert.deepEqual(await store.keptByOthers(leases), { rows: [], overdue: [] });
    },
  );

  check('numbers of rows are never given twice', async ({ store }) => {
    const blocks = await Promise.all(Array.from({ length: 10 }, () => store.takeRowIds()));
    const ids = blocks.flatMap(({ first, count }) =>
      Array.from({ length: count }, (_, n) => first + n),
    );
    assert.equal(new Set(ids).size, ids.length);
  });

  check(
    'a parked message that goes on to another lane takes its content along',
    async (made, leases) => {
      const { store, log, outboundLanes } = made;
      const lease = leases[0]!;
      const [insert] = await parkedInserts(made, [sampleEnvelope()], 5_000_000);
      await store.flush([settlementOf(lease, { inserts: [insert!] })]);
      const [row] = await store.pull(leases, 9, ALL);
      const { envelope, body } = row!;
      const records = [sampleRecord('new site', { envelope, body })];
      await store.flush([settlementOf(lease, { deletes: [row!.id], records })]);
      const moved = (await readTopic(log, 'outbound', outboundLanes)).find(
        ({ key }) => key === 'new site',
      );
      assert.ok((await log.readBody(byReference(moved!.body))).equals(insert!.content));
    },
  );
}

function pullChecks(check: Check): void {
  check(
    'not bulk first, then by priority, then by time; as many as asked for',
    async (made, leases) => {
      const { store } = made;
      const order = [
        { bulk: false, priority: 0, ageMs: 10 },
        { bulk: false, priority: 1, ageMs: 900 },
        { bulk: false, priority: 1, ageMs: 20 },
        { bulk: true, priority: 0, ageMs: 5_000 },
        { bulk: true, priority: 3, ageMs: 9_000 },
      ];
      const envelopes = order.map(({ bulk, priority }) =>
        sampleEnvelope({ bulk, priority, tags: ['t'] }),
      );
      const now = Date.now();
      const inserts = (
        await parkedInserts(
          { ...made },
          envelopes.map((one) => ({ ...one, bulk: false })),
        )
      ).map((insert, n) => ({
        ...insert,
        envelope: envelopes[n]!,
        dueAtMs: now - order[n]!.ageMs,
      }));
      const shuffled = [3, 1, 4, 0, 2].map((n) => inserts[n]!);
      await store.flush([settlementOf(leases[0]!, { inserts: shuffled })]);
      const wanted = envelopes.map(({ messageId }) => messageId);
      assert.deepEqual(idsOf(await store.pull(leases, 9, ALL)), wanted);
      assert.deepEqual(idsOf(await store.pull(leases, 2, ALL)), wanted.slice(0, 2));
    },
  );

  check(
    'without rows and sites that are left out, and only of the lanes asked for',
    async (made, leases) => {
      const { store } = made;
      const [mine, another] = leases as readonly [LaneLease, LaneLease];
      const inserts = await parkedInserts(
        made,
        ['a', 'b', 'c', 'a'].map((site) => sampleEnvelope(siteOf(site))),
      );
      await store.flush([
        settlementOf(mine, { inserts: inserts.slice(0, 3) }),
        settlementOf(another, { inserts: inserts.slice(3) }),
      ]);
      const all = await store.pull(leases, 9, ALL);
      assert.equal(all.length, 4);
      const sites = async (...args: Parameters<DeliveryStore['pull']>): Promise<string> =>
        (await store.pull(...args))
          .map(({ envelope }) => envelope.route!.site)
          .sort()
          .join();
      assert.equal(await sites([mine], 9, ALL), 'a,b,c');
      assert.equal(await sites(leases, 9, { exclude: [], excludeSites: ['a', 'x'] }), 'b,c');
      const exclude = all
        .filter(({ envelope }) => envelope.route!.site === 'b')
        .map(({ id }) => id);
      assert.equal(await sites(leases, 9, { exclude, excludeSites: ['c'] }), 'a,a');
      assert.deepEqual(await store.pull([], 9, ALL), []);
    },
  );

  check('nothing before its time', async (made, leases) => {
    const { store } = made;
    const [insert] = await parkedInserts(made, [sampleEnvelope()]);
    const dueAtMs = Date.now() + 400;
    await store.flush([settlementOf(leases[0]!, { inserts: [{ ...insert!, dueAtMs }] })]);
    assert.deepEqual(await store.pull(leases, 9, ALL), []);
    assert.equal(await store.nextDueAtMs(leases), dueAtMs);
    while ((await store.pull(leases, 9, ALL)).length === 0)
      assert.ok(Date.now() < dueAtMs + 10_000);
    assert.ok(Date.now() >= dueAtMs);
  });
}
