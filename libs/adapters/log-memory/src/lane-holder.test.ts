import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LaneHolder } from '@staffetta/core';
import type { Lanes } from '@staffetta/core';
import { MemoryLanes } from './memory-lanes.ts';

const COUNT = { accepted: 1, outbound: 4, local: 1 };

interface Holding {
  readonly holder: LaneHolder;
  readonly calls: string[];
  readonly errors: unknown[];
}

function holderOf(
  lanes: Lanes,
  owner: string,
  { now = Date.now, onRelease = async (): Promise<void> => undefined } = {},
): Holding {
  const calls: string[] = [];
  const errors: unknown[] = [];
  const holder = new LaneHolder({
    lanes,
    topic: 'outbound',
    owner,
    clock: { now },
    onTaken: ({ lane }) => calls.push(`+${lane}`),
    onLost: ({ lane }) => calls.push(`!${lane}`),
    onRelease: async (lease) => {
      calls.push(`-${lease.lane}`);
      await onRelease();
    },
    onError: (error) => errors.push(error),
  });
  return { holder, calls, errors };
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 10));
}

test('a second holder gets its share, after the first has let go', async () => {
  const lanes = new MemoryLanes(COUNT);
  const one = holderOf(lanes, 'one');
  const two = holderOf(lanes, 'two');
  await one.holder.start();
  assert.deepEqual([...one.holder.held.keys()], [0, 1, 2, 3]);
  assert.equal(one.holder.mayStart, true);
  await two.holder.start();
  assert.equal(two.holder.held.size, 0);
  await until(() => two.holder.held.size === 2 && one.holder.held.size === 2);
  assert.deepEqual(one.calls.slice(4).sort(), ['-2', '-3']);
  assert.ok([...two.holder.held.values()].every(({ clean }) => clean));
  await one.holder.stop();
  assert.equal(one.holder.held.size, 0);
  await two.holder.stop();
  assert.equal(
    (await lanes.tend('outbound', 'three', [])).taken.every(({ clean }) => clean),
    true,
  );
});

test('a lease that cannot be renewed: nothing is started in its last part, and it is lost at its end', async () => {
  const lanes = new MemoryLanes(COUNT);
  let nowMs = 1_000_000;
  let away = false;
  let answer: () => void = () => undefined;
  const answered = new Promise<void>((resolve) => (answer = resolve));
  const cut: Lanes = {
    leaseMs: lanes.leaseMs,
    tend: async (topic, owner, held) => {
      if (away) await answered;
      return lanes.tend(topic, owner, held);
    },
    release: (...args) => lanes.release(...args),
    orphaned: (leases) => lanes.orphaned(leases),
    closed: (...args) => lanes.closed(...args),
  };
  const { holder, calls } = holderOf(cut, 'one', { now: () => nowMs });
  await holder.start();
  away = true;
  nowMs += 6_000;
  assert.equal(holder.mayStart, true);
  nowMs += 1_500;
  assert.equal(holder.mayStart, false);
  nowMs += 3_000;
  await until(() => holder.held.size === 0);
  assert.deepEqual(calls.slice(4).sort(), ['!0', '!1', '!2', '!3']);
  answer();
  await holder.stop();
});

test('a lane that could not be let go is not kept half', async () => {
  const lanes = new MemoryLanes(COUNT);
  const one = holderOf(lanes, 'one', {
    onRelease: async () => {
      throw new Error('as told');
    },
  });
  await one.holder.start();
  await lanes.tend('outbound', 'two', []);
  await until(() => one.errors.length >= 2);
  await until(() => one.holder.held.size === 2);
  assert.deepEqual(one.calls.filter((call) => call.startsWith('!')).sort(), ['!2', '!3']);
  await one.holder.stop();
  assert.deepEqual([one.errors.length, one.holder.held.size], [4, 0]);
});

test('lanes that come while it stops are let go too; those of the dead are left to be reclaimed', async () => {
  const lanes = new MemoryLanes(COUNT, Date.now, 1_200);
  // A worker that dies with two of the lanes.
  const dead = (await lanes.tend('outbound', 'dead', [])).taken;
  await lanes.release(dead.slice(2));
  lanes.forget('dead');
  let goOn: () => void = () => undefined;
  const released = new Promise<void>((resolve) => (goOn = resolve));
  const one = holderOf(lanes, 'one', { onRelease: () => released });
  await one.holder.start();
  assert.deepEqual([...one.holder.held.keys()], [2, 3]);
  const stopping = one.holder.stop();
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  goOn();
  await stopping;
  lanes.forget('one');
  await new Promise((resolve) => setTimeout(resolve, 1_300));
  const { taken } = await lanes.tend('outbound', 'two', []);
  const unclean = taken.filter(({ clean }) => !clean).map(({ lane }) => lane);
  assert.deepEqual(unclean, [0, 1]);
});
