import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LEDGER_BEGIN, LEDGER_END } from '@staffetta/core';
import type { Envelope, MailEvent, StoredRecord } from '@staffetta/core';
import { MemoryDirectory, MemoryLanes, MemoryLog } from '@staffetta/log-memory';
import {
  MemoryTracer,
  acceptedEvent,
  bodyOf,
  sampleEnvelope,
  sampleRecord,
} from '@staffetta/testing';
import { Router } from './router.ts';
import { recipientOf, resolverOf } from './testing/samples.ts';

const LANES = { accepted: 2, outbound: 4, local: 2 };

interface Routing {
  readonly log: MemoryLog;
  readonly directory: MemoryDirectory;
  readonly errors: unknown[];
  readonly tracer: MemoryTracer;
  /** Accepts a message for these recipients; its id. */
  accept(addresses: readonly string[], change?: Partial<Envelope>): Promise<string>;
  /** Resolves when everything accepted has been routed. */
  routed(): Promise<void>;
}

async function routing(body: (routing: Routing) => Promise<void>, nextHop = ''): Promise<void> {
  const log = new MemoryLog(LANES, new MemoryLanes(LANES));
  const directory = new MemoryDirectory();
  directory.addDomain('ours.example', 'local');
  directory.addDomain('relay.example', 'relay', 'default', 'hop.example:26');
  directory.addAccount('anna@ours.example', 'x');
  directory.addAlias('both@ours.example', ['anna@ours.example', 'x@far.example']);
  const errors: unknown[] = [];
  const tracer = new MemoryTracer();
  const router = new Router({
    log,
    lanes: log.lanes,
    directory,
    resolver: resolverOf({ 'far.example': 'mx.shared', 'near.example': 'mx.shared' }),
    clock: { now: Date.now },
    owner: 'one',
    hostname: 'relay.host',
    nextHop,
    expiresMs: 60_000,
    tracer,
    onError: (error) => errors.push(error),
  });
  await router.start();
  const accept: Routing['accept'] = async (addresses, change = {}) => {
    const recipients = addresses.map((address, n) => recipientOf(n + 1, address));
    const envelope = sampleEnvelope({ recipients, ...change });
    const record = sampleRecord(envelope.messageId, {
      topic: 'accepted',
      envelope,
      body: bodyOf('Subject: hello\r\n\r\ntext\r\n'),
    });
    await log.append([record], [acceptedEvent(record)]);
    return envelope.messageId;
  };
  const routed = async (): Promise<void> => {
    const isBehind = (): boolean =>
      log.recordsOf('accepted').some(({ partition: { topic, lane, bulk }, position }) => {
        const reader = log.lanes.positions(topic, lane);
        return position >= (bulk ? reader.bulk : reader.normal).position;
      });
    while (isBehind()) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  try {
    await body({ log, directory, errors, tracer, accept, routed });
  } finally {
    await router.stop();
  }
}

function brief({ key, envelope, partition }: StoredRecord): string {
  const numbers = envelope.recipients.map(({ number }) => number).join();
  const { site, nextHop = '', relay } = envelope.route ?? {};
  const where = site === undefined ? '' : ` ${site} ${nextHop}${relay ? ' relay' : ''}`;
  return `${partition.topic}${partition.bulk ? ' bulk' : ''} ${key} [${numbers}]${where}`.trimEnd();
}

/** Each recipient begins, and ends or goes on, exactly once. */
function assertBalanced(log: MemoryLog): void {
  const count = ({ type, ...event }: MailEvent): number => {
    const entries = 'envelope' in event ? event.envelope.recipients.length : 1;
    if ((LEDGER_BEGIN as readonly string[]).includes(type)) return entries;
    return (LEDGER_END as readonly string[]).includes(type) ? -1 : 0;
  };
  const open = log.events.reduce((sum, event) => sum + count(event), 0);
  const waiting = [...log.recordsOf('outbound'), ...log.recordsOf('local')];
  assert.equal(
    open,
    waiting.reduce((sum, { envelope }) => sum + envelope.recipients.length, 0),
  );
}

test('recipients are split by where they go; domains of one site stay apart', () =>
  routing(async ({ log, accept, routed }) => {
    const to = [
      'x@far.example',
      'anna@ours.example',
      'y@far.example',
      'z@near.example',
      'r@relay.example',
      'q@silent.example',
    ];
    await accept(to);
    await routed();
    const lines = [...log.recordsOf('outbound'), ...log.recordsOf('local')].map(brief).sort();
    assert.deepEqual(lines, [
      'local anna@ours.example [2]',
      'outbound ?silent.example [6] ?silent.example',
      'outbound hop.example:26 [5] hop.example:26 hop.example:26 relay',
      'outbound mx.shared [1,3] mx.shared',
      'outbound mx.shared [4] mx.shared',
    ]);
    assertBalanced(log);
  }));

test('an alias, a name twice, and an unknown user: every entry ends once', () =>
  routing(async ({ log, accept, routed }) => {
    const id = await accept(['both@ours.example', 'anna@ours.example', 'gone@ours.example']);
    await routed();
    const steps = log.events.flatMap((event) =>
      event.messageId === id && 'recipient' in event ? [`${event.recipient} ${event.type}`] : [],
    );
    assert.deepEqual(steps.sort(), ['1 replaced', '3 bounced', '4 added', '4 merged', '5 added']);
    assertBalanced(log);
    const bounced = log.events.find(({ type }) => type === 'bounced');
    const report = log.events.find(
      ({ type, messageId }) => type === 'accepted' && messageId !== id,
    );
    assert.equal(
      bounced && 'causedMessageId' in bounced && bounced.causedMessageId,
      report?.messageId,
    );
    const sent = log.recordsOf('outbound').find(({ envelope }) => envelope.reversePath === '');
    assert.equal(sent?.envelope.recipients[0]?.address, 'sender@a.example');
    assert.match(String(await log.readBody(sent.body)), /Status: 5\.1\.1[\s\S]*Subject: hello/);
  }));

test('a report to nobody is discarded, and no report follows', () =>
  routing(async ({ log, accept, routed }) => {
    await accept(['gone@ours.example'], { reversePath: '' });
    await routed();
    assert.deepEqual(
      log.events.map(({ type }) => type),
      ['accepted', 'discarded'],
    );
    assertBalanced(log);
  }));

test('bulk stays bulk; a hundred recipients at most in a transaction; a smart host takes all but relay domains', () =>
  routing(async ({ log, accept, routed }) => {
    await accept(
      Array.from({ length: 230 }, (_, n) => `r${n}@far.example`),
      { bulk: true },
    );
    await accept(['r@relay.example']);
    await routed();
    const sizes = log.recordsOf('outbound').map((record) => {
      const { envelope, partition } = record;
      return `${envelope.route!.nextHop} ${partition.bulk} ${envelope.recipients.length}`;
    });
    assert.deepEqual(sizes.sort(), [
      'hop.example:26 false 1',
      'smart.example true 100',
      'smart.example true 100',
      'smart.example true 30',
    ]);
    assertBalanced(log);
  }, 'smart.example'));

test('while the directory is away nothing is lost, and it goes on by itself', () =>
  routing(async ({ log, directory, errors, accept, routed }) => {
    directory.unavailable = true;
    await accept(['anna@ours.example']);
    while (errors.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    assert.equal(log.recordsOf('local').length, 0);
    directory.unavailable = false;
    await routed();
    assert.equal(log.recordsOf('local').length, 1);
    assertBalanced(log);
  }));

test('what follows from a sampled message stands under its span; one that is not sampled has none', () =>
  routing(async ({ log, tracer, accept, routed }) => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const to = ['x@far.example', 'anna@ours.example', 'nobody@ours.example'];
    const sampled = await accept(to, { traceparent });
    const other = await accept(to);
    await routed();
    const [span, ...more] = tracer.spans.filter(
      ({ attributes }) => attributes['messaging.message.id'] === sampled,
    );
    assert.deepEqual(more, []);
    assert.equal(span?.name, 'route');
    assert.equal(span.parent, traceparent);
    assert.equal(span.errorType, '');
    const results = [...log.recordsOf('outbound'), ...log.recordsOf('local')];
    const placesOf = (id: string): (string | undefined)[] =>
      results
        .filter(({ envelope }) => envelope.messageId === id)
        .map((one) => one.envelope.traceparent);
    assert.deepEqual(placesOf(sampled), [span.traceparent, span.traceparent]);
    assert.deepEqual(placesOf(other), [undefined, undefined]);
    const isReport = ({ envelope }: StoredRecord): boolean => envelope.injection.listener === 'dsn';
    const reports = log.recordsOf('accepted').filter(isReport);
    assert.deepEqual(reports.map(({ envelope }) => envelope.traceparent?.slice(0, 35)).toSorted(), [
      traceparent.slice(0, 35),
      undefined,
    ]);
  }));
