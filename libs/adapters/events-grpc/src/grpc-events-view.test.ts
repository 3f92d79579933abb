import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import type { MailFigures } from '@staffetta/core';
import { GrpcChannel, GrpcServer } from '@staffetta/grpc';
import { EventsOffer } from './events-offer.ts';
import { GrpcEventsView } from './grpc-events-view.ts';
import { EVENTS_METHODS } from './methods.ts';
import { KnownEvents, figuresOf, sampleTrace } from './testing/samples.ts';

const HOST = '127.0.0.1';
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

class DatabaseAway extends Error {}

async function serve(view: KnownEvents, port = 0): Promise<{ server: GrpcServer; port: number }> {
  const offers = [new EventsOffer(view, (error) => error instanceof DatabaseAway)];
  const server = new GrpcServer({ addresses: [HOST], port, offers, isReady: () => true });
  ends.push(() => server.stop());
  return { server, port: await server.start() };
}

function viewOf(port: number): GrpcEventsView {
  const channel = new GrpcChannel({ targets: { host: HOST, port }, methods: EVENTS_METHODS });
  ends.push(() => channel.close());
  const view = new GrpcEventsView(channel);
  ends.push(() => view.close());
  return view;
}

/** The figures that a watcher is told, one at a time. */
function watching(view: GrpcEventsView): {
  next(test: (figures: MailFigures) => boolean): Promise<MailFigures>;
  readonly told: MailFigures[];
  end(): void;
} {
  const told: MailFigures[] = [];
  let wake = (): void => undefined;
  const end = view.watch((figures) => {
    told.push(figures);
    wake();
  });
  return {
    told,
    end,
    async next(found) {
      for (;;) {
        const one = told.findLast(found);
        if (one) return one;
        await new Promise<void>((resolve) => (wake = resolve));
      }
    },
  };
}

const accepts = (accepted: number) => (figures: MailFigures) =>
  figures.kind === 'figures' && figures.rates.accepted === accepted;

test('everything arrives as it was said, a long trace in parts', async () => {
  const known = new KnownEvents();
  const trace = sampleTrace(700);
  known.traces.set(trace.messageId, trace);
  const view = viewOf((await serve(known)).port);
  assert.deepEqual(await view.message(trace.messageId), trace);
  assert.equal(await view.message('unknown'), undefined);
  const query = { tenantId: 'a', state: 'b', site: 'c', beforeId: 'd', limit: 5 };
  assert.deepEqual(await view.list(query), await known.list(query));
  await view.list({ limit: 1 });
  assert.deepEqual(known.queries, [query, query, { limit: 1 }]);
  assert.deepEqual(await view.minutes(3), await known.minutes(3));
  assert.deepEqual(await view.check(), known.ledger);
});

test('a message without recipients in its trace is still there', async () => {
  const known = new KnownEvents();
  const trace = sampleTrace(0);
  known.traces.set(trace.messageId, trace);
  const view = viewOf((await serve(known)).port);
  assert.deepEqual(await view.message(trace.messageId), trace);
});

test('a database that is away, and nobody at all, are ServiceUnavailable; a bug is not', async () => {
  const known = new KnownEvents();
  const { server, port } = await serve(known);
  const view = viewOf(port);
  known.trouble = new DatabaseAway();
  const unavailable = { name: 'ServiceUnavailable', service: 'events' };
  await assert.rejects(view.check(), { ...unavailable, message: /the database is away/ });
  await assert.rejects(view.message('x'), unavailable);
  known.trouble = new Error('password=secret');
  await assert.rejects(view.check(), { name: 'RemoteError', message: 'INTERNAL: internal error' });
  await server.stop();
  await assert.rejects(view.check(), unavailable);
});

test('figures come to all who watch, and none are made for nobody', async () => {
  const known = new KnownEvents();
  const view = viewOf((await serve(known)).port);
  const [one, two] = [watching(view), watching(view)];
  assert.deepEqual(await one.next(accepts(1)), figuresOf(1));
  known.tell(figuresOf(2));
  await Promise.all([one.next(accepts(2)), two.next(accepts(2))]);
  assert.equal(known.watchers, 1);
  known.tell({ kind: 'away', reason: 'the database is away' });
  await one.next(({ kind }) => kind === 'away');
  assert.deepEqual(two.told.at(-1), { kind: 'away', reason: 'the database is away' });
  one.end();
  two.end();
  while (known.watchers > 0) await new Promise((resolve) => setImmediate(resolve));
});

test('a service that dies is told at once, and one that comes back is found', async () => {
  const known = new KnownEvents();
  const { server, port } = await serve(known);
  const watched = watching(viewOf(port));
  await watched.next(accepts(1));
  await server.stop();
  const away = await watched.next(({ kind }) => kind === 'away');
  assert.match(
    away.kind === 'away' ? away.reason : '',
    /^events does not answer: (UNAVAILABLE|CANCELLED)/,
  );
  const back = new KnownEvents();
  await serve(back, port);
  while (back.watchers === 0) await new Promise((resolve) => setImmediate(resolve));
  back.tell(figuresOf(7));
  assert.deepEqual(await watched.next(accepts(7)), figuresOf(7));
});

test('a service that drains ends the stream, and is not waited for', async () => {
  const known = new KnownEvents();
  const { server, port } = await serve(known);
  const watched = watching(viewOf(port));
  await watched.next(accepts(1));
  await server.drain();
  assert.equal(known.watchers, 0);
});
