import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { Metadata } from '@grpc/grpc-js';
import { ResolverClient, ResolverService } from '@staffetta/contracts';
import { LogUnavailable } from '@staffetta/core';
import { MemoryTracer } from '@staffetta/testing';
import { RemoteError, RequestError } from './errors.ts';
import { TargetList } from './target-list.ts';
import { HOST, Scene, call, offerOf } from './testing/scene.ts';
import { withHttpTraceContext } from './trace-context.ts';

const DEADLINE_MS = 150;
const CALLS = 10;

const scene = new Scene();
afterEach(() => scene.end());

test('calls go round all instances of a list', async () => {
  const [one, two] = [
    await scene.serve(offerOf(async () => 'one')),
    await scene.serve(offerOf(async () => 'two')),
  ];
  const targets = [one, two].map(({ port }) => ({ host: HOST, port }));
  const channel = scene.channel(new TargetList('resolver', targets));
  const counts = new Map<string, number>();
  // Until both connections are there.
  while (counts.size < 2) counts.set(await call(channel), 0);
  for (let n = 0; n < CALLS; n++) {
    const from = await call(channel);
    counts.set(from, (counts.get(from) ?? 0) + 1);
  }
  assert.deepEqual([...counts.values()], [CALLS / 2, CALLS / 2]);
});

test('a call without an answer ends at its deadline, also for who answers', async () => {
  const ended = Promise.withResolvers<void>();
  const { port } = await scene.serve(
    offerOf(async (_, signal) => {
      signal.addEventListener('abort', () => ended.resolve());
      await ended.promise;
      return 'late';
    }),
  );
  const methods = [{ path: ResolverService.resolve.path, deadlineMs: DEADLINE_MS }];
  const channel = scene.channel({ host: HOST, port }, { methods });
  await assert.rejects(call(channel), { status: 'DEADLINE_EXCEEDED', temporary: true });
  await ended.promise;
});

test('an idempotent call that finds nobody is tried again; another one is not', async () => {
  const flaky = () => {
    let calls = 0;
    return offerOf(async () => {
      if (++calls < 3) throw new LogUnavailable('for now');
      return `after ${calls}`;
    });
  };
  const one = await scene.serve(flaky());
  assert.equal(await call(scene.channel({ host: HOST, port: one.port })), 'after 3');
  const two = await scene.serve(flaky());
  const methods = [{ path: ResolverService.resolve.path, deadlineMs: 1_000 }];
  await assert.rejects(call(scene.channel({ host: HOST, port: two.port }, { methods })), {
    status: 'UNAVAILABLE',
    temporary: true,
  });
});

test('errors cross as a status; what is not expected keeps its text to itself', async () => {
  const errors: Record<string, Error> = {
    wrong: new RequestError('no such thing'),
    bug: new Error('password=secret'),
  };
  const { port } = await scene.serve(
    offerOf(async (domain) => {
      throw errors[domain] ?? new Error(domain);
    }),
  );
  const channel = scene.channel({ host: HOST, port });
  await assert.rejects(call(channel, 'wrong'), (error: RemoteError) => {
    assert.ok(error instanceof RemoteError && !error.temporary);
    assert.equal(error.message, 'INVALID_ARGUMENT: no such thing');
    return true;
  });
  await assert.rejects(call(channel, 'bug'), { message: 'INTERNAL: internal error' });
});

test('the trace context of a call goes with the calls made for it', async () => {
  const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const seen: unknown[] = [];
  const last = offerOf(async () => 'last');
  const { resolve } = last.implementation as Record<string, (call: unknown, done: unknown) => void>;
  const noting = {
    ...last,
    implementation: {
      resolve: (call: { metadata: Metadata }, done: unknown) => {
        seen.push(...call.metadata.get('traceparent'));
        resolve?.(call, done);
      },
    },
  };
  const { port: lastPort } = await scene.serve(noting);
  const onward = scene.channel({ host: HOST, port: lastPort });
  const { port } = await scene.serve(offerOf(() => call(onward)));
  const client = scene.channel({ host: HOST, port }).client(ResolverClient);
  const metadata = new Metadata();
  metadata.set('traceparent', TRACE);
  await new Promise<void>((done, fail) => {
    client.resolve({ domain: '' }, metadata, (error) => (error ? fail(error) : done()));
  });
  assert.deepEqual(seen, [TRACE]);
});

test('the trace context of an HTTP request goes with the calls made for it', async () => {
  const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const seen: unknown[][] = [];
  const offer = offerOf(async () => 'seen');
  const { resolve } = offer.implementation as Record<
    string,
    (call: unknown, done: unknown) => void
  >;
  const { port } = await scene.serve({
    ...offer,
    implementation: {
      resolve: (one: { metadata: Metadata }, done: unknown) => {
        seen.push([one.metadata.get('traceparent'), one.metadata.get('tracestate')]);
        resolve?.(one, done);
      },
    },
  });
  const channel = scene.channel({ host: HOST, port });
  const within = (headers: Record<string, string>): Promise<string> =>
    new Promise((done, fail) => {
      withHttpTraceContext(headers, () => void call(channel).then(done, fail));
    });
  await within({ traceparent: TRACE, tracestate: 'vendor=1' });
  await within({ traceparent: `${TRACE}\u00fc`, tracestate: 'vendor=1' });
  assert.deepEqual(seen, [
    [[TRACE], ['vendor=1']],
    [[], []],
  ]);
});

test('a message beyond the limit is refused', async () => {
  const { port } = await scene.serve(offerOf(async () => 'x'.repeat(5_000_000)));
  await assert.rejects(call(scene.channel({ host: HOST, port })), { status: 'RESOURCE_EXHAUSTED' });
});

test('a call with a sampled trace context has a span, under which the calls made for it stand', async () => {
  const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const near = new MemoryTracer();
  const far = new MemoryTracer();
  const { port: farPort } = await scene.serve(
    offerOf(async () => 'far'),
    { tracer: far },
  );
  const onward = scene.channel({ host: HOST, port: farPort });
  const { port } = await scene.serve(
    offerOf(() => call(onward)),
    { tracer: near },
  );
  const channel = scene.channel({ host: HOST, port });
  await new Promise<void>((done, fail) => {
    withHttpTraceContext({ traceparent: TRACE }, () => void call(channel).then(() => done(), fail));
  });
  await call(channel);
  const [one, ...others] = near.spans;
  assert.deepEqual(others, []);
  assert.equal(one?.parent, TRACE);
  assert.equal(one.name, 'staffetta.resolver.v1.Resolver/Resolve');
  assert.equal(one.errorType, '');
  assert.deepEqual(
    far.spans.map(({ parent }) => parent),
    [one.traceparent],
  );
});
