import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Moved, unlessMoved } from './unless-moved.ts';

const never = new Promise<never>(() => undefined);

void test('an answer that comes is taken, and one that fails fails', async () => {
  assert.equal(await unlessMoved(Promise.resolve(7), () => Promise.resolve(true)), 7);
  const failing = Promise.reject(new Error('refused'));
  await assert.rejects(
    unlessMoved(failing, () => Promise.resolve(true)),
    /refused/,
  );
});

void test('no answer: rejects once another is to be asked; a look that fails, or finds nothing, is one of many', async () => {
  let looks = 0;
  const look = async (): Promise<boolean> => {
    looks += 1;
    if (looks === 1) throw new Error('nobody answers');
    return Promise.resolve(looks === 3);
  };
  await assert.rejects(unlessMoved(never, look), Moved);
  assert.equal(looks, 3);
});
