import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OpenConnection } from '@staffetta/core';
import { LiveView } from './live-view.ts';
import type { DeliverySettings } from './options.ts';
import { ReadyQueues } from './ready-queues.ts';
import { entryOf } from './testing/samples.ts';

const SETTINGS = { memoryBytes: 100, readyPerSiteMax: 1_000 } as unknown as DeliverySettings;
const NOW_MS = 5_000;

function connectionOf(site: string, openedAtMs: number): OpenConnection {
  const host = `mx.${site}`;
  const idle = { messagesSent: 0, messageId: undefined };
  return { site, host, address: '192.0.2.1', port: 25, openedAtMs, ...idle };
}

test('queues as they are: what is ready, on the wire, resting; the longest first', async () => {
  const queues = new ReadyQueues(SETTINGS);
  const view = new LiveView(queues, () => [], { now: () => NOW_MS });
  const entries = [1, 2, 3].map((n) => ({ ...entryOf(`m${n}`), site: 'long.example' }));
  for (const entry of entries) queues.offer(entry, NOW_MS);
  queues.queue('long.example').shift();
  queues.offer({ ...entryOf('other'), site: 'down.example' }, NOW_MS);
  const down = queues.queue('down.example');
  down.downUntilMs = NOW_MS + 1_000;
  down.lastReply = 'x'.repeat(1_000);
  const rested = queues.queue('rested.example');
  rested.connections = 1;
  rested.downUntilMs = NOW_MS;

  const found = await view.queues({ limit: 10 });
  const idle = { onWire: 0, connections: 0, restUntilMs: undefined, lastReply: '' };
  assert.deepEqual(found, [
    { ...idle, site: 'long.example', ready: 2, onWire: 1 },
    { ...idle, site: 'down.example', ready: 1, restUntilMs: 6_000, lastReply: 'x'.repeat(300) },
    { ...idle, site: 'rested.example', ready: 0, connections: 1 },
  ]);
  assert.deepEqual(await view.queues({ limit: 1 }), found.slice(0, 1));
  assert.deepEqual(await view.queues({ site: 'down.example', limit: 10 }), [found[1]]);
  assert.deepEqual(await view.queues({ site: 'none.example', limit: 10 }), []);
});

test('connections, the oldest first', async () => {
  const [late, early, other] = [
    connectionOf('a', 30),
    connectionOf('a', 10),
    connectionOf('b', 20),
  ] as const;
  const queues = new ReadyQueues(SETTINGS);
  const view = new LiveView(queues, () => [late, early, other], { now: () => NOW_MS });
  assert.deepEqual(await view.connections({ limit: 2 }), [early, other]);
  assert.deepEqual(await view.connections({ site: 'a', limit: 10 }), [early, late]);
});
