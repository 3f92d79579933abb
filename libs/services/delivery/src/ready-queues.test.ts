import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DeliverySettings } from './options.ts';
import { ReadyQueues } from './ready-queues.ts';
import { entryOf } from './testing/samples.ts';

const MEMORY_BYTES = 100;

test('contents on the wire have a part of the memory, which ready mail cannot take', () => {
  const queues = new ReadyQueues({
    memoryBytes: MEMORY_BYTES,
    readyPerSiteMax: 1_000,
  } as unknown as DeliverySettings);
  let ready = 0;
  while (queues.offer(entryOf(`m${ready}`), 0) === 'queued') ready += 1;
  assert.equal(ready, 75);
  assert.ok(queues.hold(20));
  assert.equal(queues.memoryBytes, 95);
  assert.ok(!queues.hold(10), 'more than there is');
  queues.letGo(20);
  assert.ok(queues.hold(1_000), 'one goes at any size');
});
