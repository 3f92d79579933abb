import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fairShare } from './lane-balance.ts';

function sharesOf(lanes: number, held: Readonly<Record<string, number>>): readonly number[] {
  const heldBy = new Map(Object.entries(held));
  return [...heldBy.keys()].map((owner) => fairShare(owner, { lanes, heldBy }));
}

test('lanes over owners; what does not divide stays with those who hold the most', () => {
  assert.deepEqual(sharesOf(10, { a: 0 }), [10]);
  assert.deepEqual(sharesOf(10, { a: 10, b: 0 }), [5, 5]);
  assert.deepEqual(sharesOf(10, { a: 3, b: 4, c: 3 }), [3, 4, 3]);
  assert.deepEqual(sharesOf(10, { a: 5, b: 5, c: 0 }), [4, 3, 3]);
  assert.deepEqual(
    sharesOf(16, { a: 0, b: 0, c: 0, d: 0, e: 0, f: 0, g: 0 }),
    [3, 3, 2, 2, 2, 2, 2],
  );
  assert.deepEqual(sharesOf(2, { a: 0, b: 1, c: 1 }), [0, 1, 1]);
});

test('the shares of all owners are all lanes, whatever each holds', () => {
  for (let seed = 1; seed < 200; seed += 1) {
    const held = Object.fromEntries(
      Array.from({ length: 1 + (seed % 9) }, (_, n) => [`o${n}`, (seed * (n + 7)) % 5]),
    );
    const sum = sharesOf(seed, held).reduce((total, share) => total + share, 0);
    assert.equal(sum, seed);
  }
});
