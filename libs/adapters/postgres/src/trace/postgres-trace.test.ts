import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newMessageId } from '@staffetta/core';
import type { Envelope, MailEvent, RecipientEvent } from '@staffetta/core';
import { acceptedEvent, sampleEnvelope, sampleRecord } from '@staffetta/testing';
import { Housekeeper } from '../housekeeper.ts';
import { PostgresLedger } from '../ledger/postgres-ledger.ts';
import type { PostgresLog } from '../log/postgres-log.ts';
import { testLogDatabases } from '../testing/test-databases.ts';
import type { TestLogDatabase } from '../testing/test-databases.ts';
import { PostgresTrace } from './postgres-trace.ts';
import { dayAt } from './trace-days.ts';

const DAY_MS = 86_400_000;
const REPLY = {
  code: 250,
  enhanced: '2.0.0',
  text: 'taken',
  host: 'mx.b.example',
  command: 'end of DATA',
};

const makeDatabase = testLogDatabases();

interface Tracing {
  readonly made: TestLogDatabase;
  readonly log: PostgresLog;
  readonly trace: PostgresTrace;
}

async function withTrace(body: (tracing: Tracing) => Promise<void>): Promise<void> {
  const made = await makeDatabase();
  const { database, log } = made.connect();
  try {
    await body({ made, log, trace: new PostgresTrace(database) });
  } finally {
    await made.stop();
  }
}

function accepted(envelope: Envelope): MailEvent {
  return acceptedEvent(sampleRecord('k', { envelope }));
}

function step(envelope: Envelope, change: Partial<RecipientEvent> = {}): RecipientEvent {
  const { messageId, tenantId } = envelope;
  return { type: 'delivered', messageId, tenantId, recipient: 1, atMs: Date.now(), ...change };
}

function tidy({ made, log }: Tracing, traceRetentionDays = 30): Housekeeper {
  const { database } = made;
  const onError = (error: unknown): void => {
    throw error;
  };
  return new Housekeeper({
    database,
    log,
    ledger: new PostgresLedger(database),
    traceRetentionDays,
    onError,
  });
}

test('a message with each of its recipients and steps', () =>
  withTrace(async ({ log, trace }) => {
    const one = {
      number: 1,
      address: 'one@b.example',
      orcpt: '',
      notify: '',
      attempts: 0,
      accountId: '',
    };
    const recipients = [one, { ...one, number: 2, address: 'zwei\u0000@b.example' }];
    const envelope = sampleEnvelope({ recipients, sizeBytes: 77 });
    const at = Date.now();
    const caused = newMessageId();
    const steps = [
      step(envelope, { type: 'added', recipient: 3, address: 'three@c.example', atMs: at }),
      step(envelope, {
        type: 'deferred',
        atMs: at + 1,
        attempt: 1,
        nextAttemptAtMs: at + 9,
        reason: 'r'.repeat(900),
        uncertain: true,
      }),
      step(envelope, { atMs: at + 2, attempt: 2, site: 'mx.b.example', reply: REPLY }),
      step(envelope, { type: 'bounced', recipient: 2, atMs: at + 3, causedMessageId: caused }),
    ];
    await log.append([], [accepted(envelope), ...steps]);
    const found = await trace.message(envelope.messageId);
    assert.equal(found?.subject, 'a subject');
    assert.deepEqual([found.sizeBytes, found.listener, found.peer], [77, 'mx', '192.0.2.1']);
    assert.deepEqual(
      found.recipients.map(({ number, address, state }) => [number, address, state]),
      [
        [1, 'one@b.example', 'delivered'],
        [2, 'zwei\ufffd@b.example', 'bounced'],
        [3, 'three@c.example', 'waiting'],
      ],
    );
    const [added, deferred, delivered, bounced] = found.events as RecipientEvent[];
    assert.equal(added?.type, 'added');
    assert.deepEqual(
      [deferred?.uncertain, deferred?.nextAttemptAtMs, deferred?.reason?.length],
      [true, at + 9, 500],
    );
    assert.deepEqual(delivered, steps[2]);
    assert.equal(bounced?.causedMessageId, caused);
    for (const id of [newMessageId(), 'no id', oldId(90)]) {
      assert.equal(await trace.message(id), undefined);
    }
  }));

test('a list, newest first, by page, tenant, state and site, over days', () =>
  withTrace(async ({ log, trace }) => {
    const envelopes = [3, 2, 1, 0].map((daysAgo) =>
      sampleEnvelope({
        messageId: oldId(daysAgo),
        tenantId: daysAgo % 2 ? 'odd' : 'default',
      }),
    );
    const byId = [...envelopes].sort((a, b) => (a.messageId < b.messageId ? 1 : -1));
    await log.append(
      [],
      [
        ...envelopes.map(accepted),
        step(byId[0]!, { site: 's.example' }),
        step(byId[1]!, { type: 'deferred', site: 's.example' }),
      ],
    );
    const ids = byId.map(({ messageId }) => messageId);
    const list = async (
      query: Partial<Parameters<PostgresTrace['list']>[0]>,
    ): Promise<readonly string[]> =>
      (await trace.list({ limit: 9, ...query })).map(({ messageId }) => messageId);
    assert.deepEqual(await list({}), ids);
    assert.deepEqual(await list({ limit: 2 }), ids.slice(0, 2));
    assert.deepEqual(await list({ beforeId: ids[1]! }), ids.slice(2));
    assert.deepEqual(await list({ state: 'delivered' }), [ids[0]]);
    assert.deepEqual(await list({ state: 'accepted' }), ids.slice(2));
    assert.deepEqual(await list({ site: 's.example' }), ids.slice(0, 2));
    const odd = byId.filter(({ tenantId }) => tenantId === 'odd').map(({ messageId }) => messageId);
    assert.deepEqual(await list({ tenantId: 'odd' }), odd);
  }));

test('minutes count recipients by outcome, quiet minutes too', () =>
  withTrace(async (tracing) => {
    const { log, trace } = tracing;
    const envelopes = Array.from({ length: 3 }, () => sampleEnvelope());
    await log.append([], envelopes.map(accepted));
    await log.append(
      [],
      [
        step(envelopes[0]!),
        step(envelopes[1]!, { type: 'deferred' }),
        step(envelopes[2]!, { type: 'expired' }),
      ],
    );
    await tidy(tracing).tend();
    const minutes = await trace.minutes(10);
    assert.equal(minutes.length, 10);
    assert.ok(minutes.every((one, n) => n === 0 || one.atMs === minutes[n - 1]!.atMs + 60_000));
    const sums = minutes.reduce(
      (sum, one) => [
        sum[0]! + one.accepted,
        sum[1]! + one.delivered,
        sum[2]! + one.deferred,
        sum[3]! + one.bounced,
      ],
      [0, 0, 0, 0],
    );
    assert.deepEqual(sums, [3, 1, 1, 1]);
  }));

test('days past their retention are dropped; an event of such a day still finds its table', () =>
  withTrace(async (tracing) => {
    const { log, trace, made } = tracing;
    const old = sampleEnvelope({ messageId: oldId(40) });
    const young = sampleEnvelope();
    await log.append([], [accepted(old), accepted(young)]);
    assert.ok(await trace.message(old.messageId));
    const housekeeper = tidy(tracing);
    await housekeeper.start();
    await housekeeper.stop();
    assert.equal(await trace.message(old.messageId), undefined);
    assert.ok(await trace.message(young.messageId));
    await log.append([], [step(old)]);
    await made.connect().log.append([], [step(old)]);
    const tables = await made.database.query<{ there: boolean }>(
      'select to_regclass($1) is not null as there',
      [`trace_event_${dayAt(Date.now() + DAY_MS)}`],
    );
    assert.equal(tables[0]?.there, true, 'the tables of tomorrow are made today');
  }));

/** Made by hand: a process gives no ids of the past. */
function oldId(daysAgo: number): string {
  const ms = Date.now() - daysAgo * DAY_MS;
  return ms.toString(16).padStart(12, '0') + newMessageId().slice(12);
}
