import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Entry } from './entry.ts';
import { Fifo } from './fifo.ts';
import { SiteQueue } from './site-queue.ts';
import { entryOf } from './testing/samples.ts';

test('a queue is first in, first out, at any length', () => {
  const fifo = new Fifo<number>();
  const model: number[] = [];
  let next = 0;
  for (let round = 0; round < 60; round += 1) {
    for (let count = 0; count < 137; count += 1) {
      fifo.push(next);
      model.push(next);
      next += 1;
    }
    for (let count = 0; count < 90 + (round % 60); count += 1) {
      assert.equal(fifo.shift(), model.shift());
    }
    fifo.unshift(-round);
    model.unshift(-round);
    assert.equal(fifo.length, model.length);
  }
  const odd = (number: number): boolean => number % 2 !== 0;
  assert.deepEqual(fifo.remove(odd), model.filter(odd));
  const rest = model.filter((number) => !odd(number));
  while (fifo.length > 0) assert.equal(fifo.shift(), rest.shift());
  assert.deepEqual([fifo.shift(), rest.length], [undefined, 0]);
  fifo.unshift(1);
  assert.equal(fifo.shift(), 1);
});

function drain(queue: SiteQueue): string {
  const names: string[] = [];
  for (let entry = queue.shift(); entry; entry = queue.shift()) names.push(entry.envelope.campaign);
  return names.join(' ');
}

test('a site’s queue: not bulk first, by priority, in order; what is put back is first of its rank', () => {
  const queue = new SiteQueue('s');
  const entries = [
    entryOf('bulk0', { bulk: true, priority: 0 }),
    entryOf('n3', { priority: 3 }),
    entryOf('n1a', { priority: 1 }),
    entryOf('wild', { priority: 99 }),
    entryOf('n1b', { priority: 1 }),
    entryOf('n0', { priority: -5 }),
  ];
  for (const entry of entries) queue.push(entry);
  assert.deepEqual([queue.length, queue.lengthOf(true), queue.lengthOf(false)], [6, 1, 5]);
  queue.unshift(entryOf('again', { priority: 1 }));
  const isN1 = ({ envelope }: Entry): boolean => envelope.campaign === 'n1a';
  assert.equal(queue.remove(isN1).length, 1);
  assert.equal(queue.length, 6);
  assert.equal(drain(queue), 'n0 again n1b n3 wild bulk0');
  assert.deepEqual([queue.length, queue.lengthOf(true)], [0, 0]);
});
