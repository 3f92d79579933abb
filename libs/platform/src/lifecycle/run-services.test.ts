import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { describe, test } from 'node:test';
import { loadConfig } from '../config/load.ts';
import { describeStartFailure } from './exit-code.ts';
import { runServices } from './run-services.ts';
import type { Service } from './service.ts';
import { SignalJudge } from './signals.ts';

/** Services that write down what was asked of them. */
function recorder() {
  const calls: string[] = [];
  const service = (name: string, own: Partial<Service> = {}): Service => ({
    name,
    start: async () => void calls.push(`start ${name}`),
    ready: () => true,
    drain: async () => void calls.push(`drain ${name}`),
    stop: async () => void calls.push(`stop ${name}`),
    ...own,
  });
  return { calls, service };
}

/** A promise that never settles on its own. */
const never = (): Promise<void> => Promise.withResolvers<void>().promise;

describe('a run', () => {
  test('starts in order, drains together, stops in reverse, and ends with 0', async () => {
    const { calls, service } = recorder();
    const signals = new EventEmitter();
    const run = runServices([service('a'), service('b')], {
      drainMs: 1_000,
      signals,
      onStarted: () => void signals.emit('SIGTERM'),
    });
    assert.equal(await run.ended, 0);
    const expected = ['start a', 'start b', 'drain a', 'drain b', 'stop b', 'stop a'];
    assert.deepEqual(calls, expected);
    assert.equal(signals.listenerCount('SIGTERM'), 0);
  });

  test('that cannot start a service drains and stops those before it, and says why', async () => {
    const { calls, service } = recorder();
    const broken = service('b', { start: () => Promise.reject(new Error('no room')) });
    const run = runServices([service('a'), broken, service('c')], { drainMs: 1_000 });
    await assert.rejects(run.ended, /no room/);
    assert.deepEqual(calls, ['start a', 'drain a', 'stop a']);
  });

  test('is ready when all services are, and not while draining', async () => {
    const { service } = recorder();
    let missing: boolean | string = 'door closed';
    const started = Promise.withResolvers<void>();
    const run = runServices([service('a', { ready: () => missing }), service('b')], {
      drainMs: 1_000,
      onStarted: started.resolve,
    });
    assert.deepEqual(run.readiness(), { a: 'starting', b: 'starting' });
    await started.promise;
    assert.deepEqual(run.readiness(), { a: 'door closed' });
    missing = true;
    assert.equal(run.readiness(), true);
    run.drain();
    assert.deepEqual(run.readiness(), { a: 'draining', b: 'draining' });
    assert.equal(await run.ended, 0);
  });

  test('gives a drain up when its time is over, and ends with 1', async () => {
    const { calls, service } = recorder();
    const run = runServices([service('a', { drain: never })], {
      drainMs: 1,
      onStarted: () => run.drain(),
    });
    assert.equal(await run.ended, 1);
    assert.deepEqual(calls, ['start a', 'stop a']);
  });

  test('tells what it waits for', async () => {
    const { service } = recorder();
    const told = Promise.withResolvers<void>();
    const slow = service('slow', { drain: () => told.promise });
    const waits: (string | undefined)[] = [];
    const run = runServices([service('quick'), slow], {
      drainMs: 60_000,
      onStarted: () => run.drain(),
      onStep: (step) => {
        if (step.kind !== 'waiting') return;
        waits.push(step.service);
        told.resolve();
      },
    });
    assert.equal(await run.ended, 0);
    assert.deepEqual(waits, ['slow']);
  });

  test('is forced by a later second signal, not by an echo of the first', async (context) => {
    context.mock.timers.enable({ apis: ['Date'] });
    const { calls, service } = recorder();
    const signals = new EventEmitter();
    const steps: string[] = [];
    const draining = Promise.withResolvers<void>();
    const slow = service('a', {
      drain: () => {
        draining.resolve();
        return never();
      },
    });
    const run = runServices([slow], {
      drainMs: 60_000,
      signals,
      onStarted: () => void signals.emit('SIGINT'),
      onStep: ({ kind }) => void steps.push(kind),
    });
    await draining.promise;
    signals.emit('SIGINT');
    assert.ok(!steps.includes('forced'));
    context.mock.timers.tick(1_000);
    signals.emit('SIGINT');
    assert.equal(await run.ended, 1);
    assert.deepEqual(calls, ['start a', 'stop a']);
    assert.ok(steps.includes('forced'));
  });
});

test('signals are judged by name and time', () => {
  const judge = new SignalJudge();
  assert.equal(judge.judge('SIGTERM', 0), 'drain');
  assert.equal(judge.judge('SIGTERM', 999), 'nothing');
  assert.equal(judge.judge('SIGTERM', 1_000), 'force');
});

test('a port that is taken is named by its key, with exit code 2', async () => {
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  const { port } = holder.address() as AddressInfo;
  const config = loadConfig({ STAFFETTA_SMTP_MX_PORT: String(port) }, tmpdir());
  const second = createServer().listen(port, '127.0.0.1');
  const [error] = (await once(second, 'error')) as [Error];
  const failure = describeStartFailure(error, config);
  assert.equal(failure.exitCode, 2);
  assert.equal(failure.message, `smtp.mxPort: 127.0.0.1 port ${port} is taken by another program`);
  holder.close();
});

test('an error that names a key of the configuration ends with 2, any other with 1', () => {
  const error = Object.assign(new Error('tls.keyFile: no'), { configKey: 'tls.keyFile' });
  assert.deepEqual(describeStartFailure(error), { message: 'tls.keyFile: no', exitCode: 2 });
  assert.deepEqual(describeStartFailure(new Error('no')), { message: 'no', exitCode: 1 });
});
