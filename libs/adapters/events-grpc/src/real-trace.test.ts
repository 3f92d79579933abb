/** What PostgreSQL knows of real mail is the same when it is asked through gRPC. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { newMessageId, systemClock } from '@staffetta/core';
import type { RecipientEvent } from '@staffetta/core';
import { GrpcChannel, GrpcServer } from '@staffetta/grpc';
import {
  ACCEPTED_LANES,
  Database,
  LOCAL_LANES,
  PostgresClusterView,
  PostgresLedger,
  PostgresLog,
  PostgresTrace,
  isConnectionLoss,
  migrate,
} from '@staffetta/postgres';
import { EventsDesk, FigureFeed } from '@staffetta/service-events';
import { acceptedEvent, sampleEnvelope, sampleRecord, startTestDatabase } from '@staffetta/testing';
import type { TestDatabase } from '@staffetta/testing';
import { EventsOffer } from './events-offer.ts';
import { GrpcEventsView } from './grpc-events-view.ts';
import { EVENTS_METHODS } from './methods.ts';

const HOST = '127.0.0.1';
const LANES = 4;
const REPLY = { code: 451, enhanced: '4.7.1', text: 'später', host: 'mx', command: 'RCPT TO' };

let server: TestDatabase;
let database: Database;
let log: PostgresLog;
let desk: EventsDesk;
let figures: FigureFeed;
let grpc: GrpcServer;
let channel: GrpcChannel;
let remote: GrpcEventsView;

before(async () => {
  server = await startTestDatabase();
  database = new Database({ url: server.url, connectionsMax: 6, applicationName: 'test' });
  await migrate(database);
  log = new PostgresLog({ database, outboundLanes: LANES });
  await log.prepare(LANES, ACCEPTED_LANES, LOCAL_LANES);
  const [ledger, cluster] = [new PostgresLedger(database), new PostgresClusterView(database)];
  figures = new FigureFeed({
    totals: (sinceMs) => cluster.totals(sinceMs),
    check: () => ledger.check(),
    clock: systemClock,
  });
  desk = new EventsDesk(new PostgresTrace(database), ledger, figures);
  const offers = [new EventsOffer(desk, isConnectionLoss)];
  grpc = new GrpcServer({ addresses: [HOST], port: 0, offers, isReady: () => true });
  const targets = { host: HOST, port: await grpc.start() };
  channel = new GrpcChannel({ targets, methods: EVENTS_METHODS });
  remote = new GrpcEventsView(channel);
});

after(async () => {
  remote.close();
  channel.close();
  await grpc.stop();
  await figures.stop();
  await log.idle();
  await log.watchers.close();
  await database.close();
  await server.drop();
});

test('traces, lists, counters, the ledger and figures are the same through gRPC', async () => {
  const envelope = sampleEnvelope();
  const { messageId, tenantId } = envelope;
  const nowMs = Date.now();
  const step = (change: Partial<RecipientEvent>): RecipientEvent => {
    return { type: 'delivered', messageId, tenantId, recipient: 1, atMs: nowMs, ...change };
  };
  await log.append(
    [],
    [
      acceptedEvent(sampleRecord('k', { envelope })),
      step({
        type: 'deferred',
        attempt: 1,
        site: 's.example',
        reply: REPLY,
        nextAttemptAtMs: nowMs + 1_234,
        uncertain: true,
      }),
      step({ type: 'added', recipient: 2, address: 'two@b.example', atMs: nowMs + 1 }),
      step({
        type: 'bounced',
        atMs: nowMs + 2,
        reason: 'too old',
        causedMessageId: newMessageId(),
      }),
    ],
  );
  const trace = await desk.message(messageId);
  assert.equal(trace?.events.length, 3);
  assert.deepEqual(await remote.message(messageId), trace);
  assert.equal(await remote.message(newMessageId()), undefined);
  assert.equal((await remote.list({ limit: 5, site: 's.example' })).length, 1);
  assert.deepEqual(await remote.list({ limit: 5 }), await desk.list({ limit: 5 }));
  assert.deepEqual(await remote.minutes(3), await desk.minutes(3));
  const check = await desk.check();
  assert.ok(!check.balanced, 'a recipient was added and neither ended nor waits');
  assert.equal(check.lines.length, 1);
  assert.deepEqual(await remote.check(), check);
  const told = await new Promise((resolve) => {
    const unwatch = remote.watch((one) => {
      if (one.kind === 'away' || !one.ledger) return;
      unwatch();
      resolve(one.ledger.difference);
    });
  });
  assert.equal(told, check.difference);
});
