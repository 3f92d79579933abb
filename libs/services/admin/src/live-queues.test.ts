import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ReadyQueue, SiteQueue, WorkerAnswer } from '@staffetta/core';
import { withLive } from './live-queues.ts';

function queueOf(site: string, ready: number, lastReply = ''): SiteQueue {
  return { site, scheduled: 5, ready, oldestAcceptedAtMs: 1, nextDueAtMs: 2, lastReply };
}

function answerOf(
  worker: string,
  ...values: readonly Partial<ReadyQueue>[]
): WorkerAnswer<ReadyQueue> {
  const base = { site: 'a', ready: 0, onWire: 0, connections: 0, lastReply: '' };
  return {
    kind: 'answer',
    worker,
    values: values.map((value) => ({ ...base, restUntilMs: undefined, ...value })),
  };
}

const AWAY: WorkerAnswer<ReadyQueue> = { kind: 'away', worker: 'x', reason: 'gone' };

test('what all workers say now is what counts', () => {
  const answers = [
    answerOf('x', { ready: 3, onWire: 1, connections: 2, restUntilMs: 10, lastReply: 'no' }),
    answerOf('y', { ready: 4, connections: 1, restUntilMs: 20 }, { site: 'c', ready: 9 }),
  ];
  const live = { ready: 7, onWire: 1, connections: 3, restUntilMs: 20, lastReply: 'no' };
  assert.deepEqual(withLive([queueOf('a', 99), queueOf('b', 2, 'row')], answers), [
    { ...queueOf('a', 99), ...live },
    { ...queueOf('b', 0, 'row'), onWire: 0, connections: 0 },
  ]);
});

test('where one does not answer, its last report stands', () => {
  const queues = [queueOf('a', 2), queueOf('b', 2)];
  const answers = [answerOf('y', { ready: 1, connections: 1 }), AWAY];
  const [a, b] = withLive(queues, answers);
  assert.deepEqual(a, { ...queueOf('a', 2), onWire: 0, connections: 1 });
  assert.deepEqual(b, queues[1]);
  assert.deepEqual(withLive(queues, []), queues);
});
