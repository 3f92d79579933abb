import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DeliverySettings } from './options.ts';
import { ReadyQueues } from './ready-queues.ts';
import { entryOf } from './testing/samples.ts';

/** Memory for 75 entries of one octet, and 25 octets of contents on the wire. */
const SETTINGS = { memoryBytes: 100, readyPerSiteMax: 1_000 } as unknown as DeliverySettings;

test('a site fills its part of the memory, and another one still gets a message in', () => {
  const queues = new ReadyQueues(SETTINGS);
  let ready = 0;
  while (queues.offer(entryOf(`m${ready}`), 0) === 'queued') ready += 1;
  assert.equal(ready, 75);
  assert.deepEqual(queues.closedSites(0), ['b.example']);
  const other = { ...entryOf('other'), site: 'c.example' };
  assert.equal(queues.offer(other, 0), 'queued');
  assert.equal(queues.offer({ ...other }, 0), 'full');
  queues.queue('c.example').shift();
  queues.release(other);
  assert.equal(queues.offer({ ...other }, 0), 'queued');
});

test('contents on the wire have a part of the memory, and each site gets one', () => {
  const queues = new ReadyQueues(SETTINGS);
  const [hung, other] = [queues.queue('hung.example'), queues.queue('other.example')];
  assert.ok(queues.hold(hung, 20));
  assert.equal(queues.memoryBytes, 20);
  assert.ok(!queues.hold(hung, 10));
  assert.ok(queues.hold(other, 10));
  assert.ok(!queues.hold(other, 10));
  queues.letGo(hung, 20);
  assert.ok(queues.hold(other, 10));
});
