import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Handover, LaneView, LedgerLine } from '@staffetta/core';
import { Metrics, createLogger } from '@staffetta/platform';
import type { MailSight } from '@staffetta/service-events';
import { sightTeller } from './sight-metrics.ts';

const HOUR_MS = 3_600_000;

function sight(change: Partial<MailSight> = {}): MailSight {
  const ledger = {
    ...{ balanced: true, begun: 0, ended: 0, waiting: 0, difference: 0 },
    ...{ counts: {}, lines: [], messageIds: [] },
  };
  return { ledger, depths: [], lag: [], lanes: [], handovers: [], tenants: [], ...change };
}

async function told(
  sights: readonly MailSight[],
): Promise<{ value(series: string): number; lines: readonly string[] }> {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const metrics = new Metrics();
  const tell = sightTeller(metrics, createLogger({ level: 'info', instance: 'a', destination }));
  for (const one of sights) tell(one);
  const { text } = await metrics.render();
  const value = (series: string): number => {
    const line = text.split('\n').find((one) => one.startsWith(`staffetta_${series} `));
    return line === undefined ? Number.NaN : Number(line.split(' ').at(-1));
  };
  return { value, lines };
}

function lane(number: number, owner: string | undefined, heldAtMs: number): LaneView {
  return { topic: 'outbound', lane: number, owner, epoch: 1, untilMs: 0, heldAtMs };
}

test('how long what is due is overdue, and nothing where nothing waits', async () => {
  const now = Date.now();
  const due = { state: 'due', recipients: 7, oldestAcceptedAtMs: now - HOUR_MS };
  const { value } = await told([
    sight({ depths: [{ ...due, firstDueAtMs: now - 60_000 }] }),
    sight({ depths: [{ ...due, firstDueAtMs: now - 120_000 }] }),
  ]);
  assert.equal(value('scheduled_recipients{state="due"}'), 7);
  assert.ok(Math.abs(value('scheduled_overdue_seconds{state="due"}') - 120) < 5);
  assert.ok(Math.abs(value('scheduled_oldest_age_seconds{state="due"}') - 3_600) < 5);
  assert.equal(value('scheduled_overdue_seconds{state="wire"}'), 0);
});

test('what is due in time to come is not overdue', async () => {
  const now = Date.now();
  const depth = { state: 'due', recipients: 1, oldestAcceptedAtMs: now };
  const { value } = await told([sight({ depths: [{ ...depth, firstDueAtMs: now + HOUR_MS }] })]);
  assert.equal(value('scheduled_overdue_seconds{state="due"}'), 0);
});

test('lanes with and without an owner', async () => {
  const now = Date.now();
  const lanes = [lane(0, 'a', now), lane(1, undefined, now - 40_000), lane(2, 'b', now)];
  const { value } = await told([sight({ lanes })]);
  assert.equal(value('lanes{topic="outbound",state="owned"}'), 2);
  assert.equal(value('lanes{topic="outbound",state="ownerless"}'), 1);
  assert.ok(Math.abs(value('lane_ownerless_seconds{topic="outbound"}') - 40) < 5);
});

test('hand-overs are counted by lanes; the first holder of a lane is none', async () => {
  const first: Handover = {
    ...{ id: 1, atMs: 0, topic: 'outbound', lanes: [1, 2], from: undefined, to: { id: 'a' } },
    ...{ clean: true, idleMs: undefined },
  };
  const lost: Handover = { ...first, id: 2, from: { id: 'a' }, clean: false, idleMs: 9_000 };
  const { value } = await told([sight({ handovers: [first, lost] })]);
  assert.equal(value('lane_handovers_total{topic="outbound",how="lost"}'), 2);
  assert.equal(value('lane_handover_idle_seconds_sum{topic="outbound"}'), 9);
  assert.ok(Number.isNaN(value('lane_handovers_total{topic="outbound",how="clean"}')));
});

test('a loss and a double do not hide each other, and the messages are in the log', async () => {
  const line = (difference: number): LedgerLine => {
    return { tenantId: 'default', hourMs: 0, counts: {}, waiting: 0, difference };
  };
  const ledger = {
    ...sight().ledger,
    ...{ balanced: false, difference: 0, lines: [line(1), line(-1)], messageIds: ['abc'] },
  };
  const { value, lines } = await told([sight({ ledger })]);
  assert.equal(value('ledger_difference'), 2);
  const { level, messageIds } = JSON.parse(lines[0] ?? '{}') as Record<string, unknown>;
  assert.deepEqual([level, messageIds], ['error', ['abc']]);
});

test('a tenant that is no longer among the largest has no series; one that is called other is with the others', async () => {
  const tenants = (...names: string[]): MailSight['tenants'] =>
    names.map((tenantId) => ({ tenantId, counts: { accepted: 2 } }));
  const { value } = await told([
    sight({ tenants: tenants('gone', '') }),
    sight({ tenants: tenants('kept', 'other', '') }),
  ]);
  assert.equal(value('tenant_recipients{tenant="kept",outcome="accepted"}'), 2);
  assert.equal(value('tenant_recipients{tenant="other",outcome="accepted"}'), 4);
  assert.ok(Number.isNaN(value('tenant_recipients{tenant="gone",outcome="accepted"}')));
});
