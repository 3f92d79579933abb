import assert from 'node:assert/strict';
import { test } from 'node:test';
import { neighbour } from './neighbour.ts';

/** Two lines of three and one, then another topic's of two. */
const cells = [
  [0, 0],
  [10, 0],
  [20, 0],
  [0, 10],
  [0, 30],
  [10, 30],
].map(([offsetLeft = 0, offsetTop = 0]) => ({ offsetLeft, offsetTop }));
const go = (from: number, key: string): number =>
  cells.findIndex((cell) => cell === neighbour(cells, cells[from], key));

test('arrow keys go to the cell that stands there', () => {
  assert.equal(go(0, 'ArrowRight'), 1);
  assert.equal(go(0, 'ArrowLeft'), -1);
  assert.equal(go(2, 'ArrowRight'), 3);
  assert.equal(go(2, 'ArrowDown'), 3);
  assert.equal(go(3, 'ArrowDown'), 4);
  assert.equal(go(4, 'ArrowUp'), 3);
  assert.equal(go(3, 'ArrowUp'), 0);
  assert.equal(go(5, 'ArrowDown'), -1);
  assert.deepEqual([go(3, 'Home'), go(3, 'End'), go(3, 'x')], [0, 5, -1]);
});

test('from elsewhere they lead nowhere', () => {
  assert.equal(neighbour(cells, undefined, 'ArrowRight'), undefined);
});
