import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AnswerCache } from './answer-cache.ts';

interface Answer {
  readonly value: string;
  readonly expiresAtMs: number;
}

test('an answer holds until its time', async () => {
  let nowMs = 0;
  const cache = new AnswerCache<Answer>(10, { now: () => nowMs });
  const ask = async (): Promise<Answer> => ({
    value: `asked at ${nowMs}`,
    expiresAtMs: nowMs + 10,
  });
  assert.equal((await cache.take('a', ask)).value, 'asked at 0');
  nowMs = 9;
  assert.equal((await cache.take('a', ask)).value, 'asked at 0');
  nowMs = 10;
  assert.equal((await cache.take('a', ask)).value, 'asked at 10');
  assert.deepEqual([cache.hits, cache.misses], [1, 2]);
});

test('who asks while a question is under way gets its answer, or its error', async () => {
  const cache = new AnswerCache<Answer>(10, { now: () => 0 });
  const answer = Promise.withResolvers<Answer>();
  let asked = 0;
  const ask = (): Promise<Answer> => {
    asked++;
    return answer.promise;
  };
  const both = [cache.take('a', ask), cache.take('a', ask)];
  answer.reject(new Error('broken'));
  for (const taken of both) await assert.rejects(taken, /broken/);
  assert.equal(asked, 1);
  const later = await cache.take('a', async () => ({ value: 'whole', expiresAtMs: 1 }));
  assert.equal(later.value, 'whole');
});

test('beyond the most entries the one unused for longest goes', async () => {
  const cache = new AnswerCache<Answer>(2, { now: () => 0 });
  for (const value of ['a', 'b', 'a', 'c']) {
    await cache.take(value, async () => ({ value, expiresAtMs: 1 }));
  }
  assert.equal(cache.entries, 2);
  assert.ok(cache.get('a') && cache.get('c'));
  assert.equal(cache.get('b'), undefined);
});
