import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LiveStream } from './live-stream.ts';
import type { Source } from './live-stream.ts';

class Wire extends EventTarget implements Source {
  readyState = 1;

  tell(at: number, areKnown = true, accepted = 5): void {
    const rates = areKnown ? { accepted, delivered: 0, deferred: 0, bounced: 0 } : undefined;
    const data = JSON.stringify({ at, rates, queues: [], health: [] });
    this.dispatchEvent(new MessageEvent('message', { data }));
  }

  fail(readyState: number): void {
    this.readyState = readyState;
    this.dispatchEvent(new Event('error'));
  }

  close(): void {
    this.readyState = 2;
  }
}

function startStream() {
  const wires: Wire[] = [];
  let refusals = 0;
  const stream = new LiveStream(
    () => {
      const wire = new Wire();
      wires.push(wire);
      return wire;
    },
    () => (refusals += 1),
  );
  stream.start();
  return { stream, wires, refusals: () => refusals };
}

test('figures make it live, and a cut is seen until the next ones', () => {
  const { stream, wires, refusals } = startStream();
  const wire = wires[0] as Wire;
  assert.equal(stream.state.phase, 'connecting');
  wire.tell(1_000);
  assert.equal(stream.state.phase, 'live');
  wire.fail(0);
  assert.equal(stream.state.phase, 'lost');
  assert.equal(stream.state.snapshot?.at, 1_000);
  wire.tell(2_000);
  assert.equal(stream.state.phase, 'live');
  assert.deepEqual([stream.state.samples.length, wires.length, refusals()], [2, 1, 0]);
  stream.stop();
});

test('a refusal is told, and tried again after a wait', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const { stream, wires, refusals } = startStream();
  wires[0]?.fail(2);
  assert.deepEqual([refusals(), wires.length], [1, 1]);
  context.mock.timers.tick(1_000);
  assert.equal(wires.length, 2);
  wires[1]?.fail(2);
  context.mock.timers.tick(1_000);
  assert.equal(wires.length, 2);
  context.mock.timers.tick(1_000);
  assert.equal(wires.length, 3);
  stream.stop();
  context.mock.timers.tick(60_000);
  assert.equal(wires.length, 3);
});

test('silence counts as a cut', (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const { stream, wires } = startStream();
  wires[0]?.tell(1_000);
  context.mock.timers.tick(31_000);
  assert.equal(stream.state.phase, 'lost');
  assert.equal(wires[0]?.readyState, 2);
  context.mock.timers.tick(1_000);
  assert.equal(wires.length, 2);
  stream.stop();
});

test('rates that are not told leave a gap', () => {
  const { stream, wires } = startStream();
  wires[0]?.tell(1_000);
  wires[0]?.tell(2_000, false);
  assert.deepEqual(
    stream.state.samples.map(({ rates }) => rates?.accepted),
    [5, undefined],
  );
  stream.stop();
});

test('zeros at the beginning of a stream mean nothing yet', () => {
  const { stream, wires } = startStream();
  for (const at of [1_000, 2_000]) wires[0]?.tell(at, true, 0);
  wires[0]?.fail(0);
  for (const at of [9_000, 10_000]) wires[0]?.tell(at, true, 0);
  assert.deepEqual(
    stream.state.samples.map(({ atMs }) => atMs),
    [2_000, 10_000],
  );
  stream.stop();
});
