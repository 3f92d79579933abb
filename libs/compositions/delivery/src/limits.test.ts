import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HoldingSmtpSink } from '@staffetta/testing';
import { TestWorkers, until } from './testing/test-workers.ts';

const CONNECTIONS = 3;
const PER_SECOND = 4;

interface Scene {
  readonly workers: TestWorkers;
  sink(): Promise<HoldingSmtpSink>;
}

async function scene(body: (made: Scene) => Promise<void>): Promise<void> {
  const workers = await TestWorkers.start();
  const sinks: HoldingSmtpSink[] = [];
  try {
    await body({
      workers,
      sink: async () => {
        const sink = await HoldingSmtpSink.start();
        sinks.push(sink);
        return sink;
      },
    });
  } finally {
    for (const sink of sinks) sink.release();
    await workers.stop();
    for (const sink of sinks) await sink.stop();
  }
}

function names(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, n) => `${prefix}${n}`);
}

function countOf(sink: HoldingSmtpSink): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { recipient } of sink.arrivals) {
    counts.set(recipient, (counts.get(recipient) ?? 0) + 1);
  }
  return counts;
}

/** Events of all days that tell of an attempt whose end is not known. */
async function uncertainEvents({ database }: TestWorkers): Promise<number> {
  const days = await database.query<{ name: string }>(
    `select tablename as name from pg_tables where tablename like 'trace\\_event\\_%'`,
  );
  let events = 0;
  for (const { name } of days) {
    events += (await database.query(`select from ${name} where uncertain`)).length;
  }
  return events;
}

test('a site gets no more a second than it may, and another one does not wait for it', () =>
  scene(async ({ workers, sink }) => {
    const [slow, quick] = [await sink(), await sink()];
    await workers.worker({ messagesPerSecondPerSite: PER_SECOND });
    await workers.mail(slow, names('s', PER_SECOND * 3));
    await until(() => slow.arrivals.length >= PER_SECOND);
    await workers.mail(quick, names('q', PER_SECOND));
    await until(() => quick.arrivals.length === PER_SECOND);
    assert.ok(slow.arrivals.length < PER_SECOND * 3);
    await until(() => slow.arrivals.length === PER_SECOND * 3);
    assert.ok(slow.perSecondMax <= PER_SECOND, `${slow.perSecondMax} in a second`);
    assert.ok(slow.connectionsMax <= CONNECTIONS);
  }));

test('connections without a message give way to a site that has none', () =>
  scene(async ({ workers, sink }) => {
    const [idle, other] = [await sink(), await sink()];
    await workers.worker({ connectionsMax: 1, idleMs: 600_000 });
    await workers.mail(idle, ['a']);
    await until(() => idle.arrivals.length === 1);
    await workers.mail(other, ['b']);
    await until(() => other.arrivals.length === 1);
    assert.deepEqual([idle.connections, other.connections], [0, 1]);
  }));

test('a row that was on the wire when its worker died is told as uncertain', () =>
  scene(async ({ workers, sink }) => {
    const site = await sink();
    const one = await workers.worker({ readyPerSiteMax: 1, connectionsPerSiteMax: 1 }, 4_000);
    site.isHolding = true;
    // What finds no room is parked, and comes back as a row.
    await workers.mail(site, names('m', 4));
    await until(() => site.held === 1);
    const parked = `select from scheduled where state = 'waiting'`;
    await until(async () => (await workers.database.query(parked)).length > 0);
    const marked = `select from scheduled where state = 'wire'`;
    // The first two need not be rows.
    for (let released = 0; released < 2; released += 1) {
      await until(() => site.held === 1);
      site.release();
      site.isHolding = true;
    }
    await until(async () => (await workers.database.query(marked)).length > 0);
    one.proxy.hold();
    await one.leave();
    await workers.worker();
    await until(async () => (await uncertainEvents(workers)) > 0);
  }));

test('what a site may have in a second is counted across a hand-over', () =>
  scene(async ({ workers, sink }) => {
    const site = await sink();
    const one = await workers.worker({ messagesPerSecondPerSite: PER_SECOND });
    await workers.mail(site, names('m', PER_SECOND * 4));
    await until(() => site.arrivals.length >= PER_SECOND);
    const two = workers.worker({ messagesPerSecondPerSite: PER_SECOND });
    await one.delivery.stop();
    await one.leave();
    await two;
    await until(() => site.arrivals.length >= PER_SECOND * 4);
    assert.ok(site.perSecondMax <= PER_SECOND, `${site.perSecondMax} in a second`);
    assert.deepEqual([...new Set(countOf(site).values())], [1]);
  }));

test('what waits for its final reply is settled by the old worker alone, and is a connection until then', () =>
  scene(async ({ workers, sink }) => {
    const site = await sink();
    site.isHolding = true;
    const one = await workers.worker();
    await workers.mail(site, names('m', CONNECTIONS + 2));
    await until(() => site.held === CONNECTIONS);
    const two = await workers.worker();
    const stopped = one.delivery.stop();
    const rows = `select count(*) as kept from scheduled where wire_owner is not null`;
    await until(async () => (await workers.database.query<{ kept: number }>(rows))[0]!.kept > 0);
    const owners = `select distinct owner from lane where topic = 2 and owner is not null and until > now()`;
    await until(async () => (await workers.database.query(owners)).length === 1);
    // The other worker has the lanes and knows of the mail that is ready, but may open no connection.
    await until(() => two.delivery.ready().some(({ ready }) => ready === 2));
    assert.deepEqual([site.arrivals.length, site.connections], [CONNECTIONS, CONNECTIONS]);
    site.release();
    await stopped;
    await one.leave();
    await until(() => site.arrivals.length === CONNECTIONS + 2);
    assert.equal(site.connectionsMax, CONNECTIONS);
    assert.deepEqual([...countOf(site).values()], Array(CONNECTIONS + 2).fill(1));
    const left = `select from scheduled`;
    await until(async () => (await workers.database.query(left)).length === 0);
  }));

test('a final reply that does not come until the old worker has to end: uncertain, and tried again', () =>
  scene(async ({ workers, sink }) => {
    const site = await sink();
    site.isHolding = true;
    const one = await workers.worker({ drainMs: 2_500 });
    await workers.mail(site, ['lost']);
    await until(() => site.held === 1);
    await workers.worker();
    await one.delivery.stop();
    await one.leave();
    site.release();
    await until(() => site.arrivals.length === 2);
    assert.deepEqual([...countOf(site)], [['lost@sink.test', 2]]);
    assert.equal(site.connectionsMax, 1);
  }));

test('who is cut off from the database closes its connections when its lease ends; no other opens more before', () =>
  scene(async ({ workers, sink }) => {
    const site = await sink();
    site.isHolding = true;
    const leaseMs = 5_000;
    const one = await workers.worker({}, leaseMs);
    await workers.mail(site, names('m', CONNECTIONS));
    await until(() => site.held === CONNECTIONS);
    await workers.worker({}, leaseMs);
    one.proxy.hold();
    const heldAt = performance.now();
    await until(() => site.connections === 0);
    // It was renewed a moment before it was cut off.
    assert.ok(performance.now() - heldAt <= leaseMs + 250);
    site.release();
    // The other one does not know that, and the first cannot tell before it has its database again.
    const owned = `select from lane where topic = 2 and array_length(orphans, 1) > 0`;
    await until(async () => (await workers.database.query(owned)).length > 0);
    assert.equal(site.arrivals.length, CONNECTIONS);
    one.proxy.release();
    await until(() => site.arrivals.length === CONNECTIONS * 2);
    assert.ok(site.connectionsMax <= CONNECTIONS);
  }));
