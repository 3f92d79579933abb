import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WokenRounds } from './woken-rounds.ts';
import type { RoundResult } from './woken-rounds.ts';

/** Rounds whose results are given in order; `nothing` when they are used up. */
function roundsOf(results: readonly (RoundResult | Error)[], mayRun = (): boolean => true) {
  const left = [...results];
  const seen: string[] = [];
  const errors: unknown[] = [];
  const rounds = new WokenRounds<string>({
    round: async (subject) => {
      seen.push(subject);
      await new Promise(setImmediate);
      const result = left.shift() ?? 'nothing';
      if (result instanceof Error) throw result;
      return result;
    },
    mayRun,
    onError: (error) => errors.push(error),
  });
  return { rounds, seen, errors };
}

void test('goes on while there is more, and rests then', async () => {
  const { rounds, seen } = roundsOf(['more', 'more', 'nothing']);
  rounds.wake('a');
  await rounds.ended('a');
  assert.deepEqual(seen, ['a', 'a', 'a']);
  rounds.wake('a');
  await rounds.ended('a');
  assert.equal(seen.length, 4);
});

void test('what is woken during a round gets another one, and never two at a time', async () => {
  const { rounds, seen } = roundsOf([]);
  rounds.wake('a');
  rounds.wake('a');
  rounds.wake('a');
  rounds.wake('b');
  await Promise.all([rounds.ended('a'), rounds.ended('b')]);
  assert.deepEqual(seen.toSorted(), ['a', 'a', 'b']);
});

void test('a round that failed is told and repeated; one that asks for it comes later', async () => {
  const failure = new Error('away');
  const { rounds, seen, errors } = roundsOf([failure, 'later', 'nothing']);
  const startedAtMs = Date.now();
  rounds.wake('a');
  await rounds.ended('a');
  assert.deepEqual(errors, [failure]);
  assert.equal(seen.length, 3);
  assert.ok(Date.now() - startedAtMs >= 900);
});

void test('who may not run begins no round, however much there is', async () => {
  let left = 2;
  const { rounds, seen } = roundsOf(['more', 'more', 'more', 'more'], () => left-- > 0);
  rounds.wake('a');
  await rounds.ended('a');
  assert.equal(seen.length, 1);
  rounds.wake('a');
  await rounds.ended('a');
  assert.equal(seen.length, 1);
});
