import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Rounds } from './rounds.ts';

test('one round at a time; an error is told and does not end them', async () => {
  const errors: unknown[] = [];
  const gate = Promise.withResolvers<void>();
  let begun = 0;
  const rounds = new Rounds(
    async () => {
      begun += 1;
      await gate.promise;
    },
    60_000,
    (error) => void errors.push(error),
  );
  const first = rounds.run();
  assert.equal(rounds.run(), first);
  gate.reject(new Error('broken'));
  await first;
  assert.equal(errors.length, 1);
  await rounds.run();
  assert.deepEqual([begun, errors.length], [2, 2]);
});

test('the timer begins rounds until they are stopped, which waits for the last', async () => {
  const third = Promise.withResolvers<void>();
  let [begun, ended] = [0, 0];
  const rounds = new Rounds(
    async () => {
      begun += 1;
      if (begun === 3) third.resolve();
      await new Promise(setImmediate);
      ended += 1;
    },
    1,
    assert.ifError,
  );
  rounds.start();
  await third.promise;
  await rounds.stop();
  assert.deepEqual([begun, ended], [3, 3]);
});
