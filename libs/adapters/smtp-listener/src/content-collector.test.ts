import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryBudget } from '@staffetta/core';
import { ContentCollector } from './content-collector.ts';

test('pieces of any size come out in order, and little ones are gathered', () => {
  const memory = new MemoryBudget(1_000_000);
  const collector = new ContentCollector(1_000_000, memory);
  const pieces = Array.from({ length: 3_000 }, (_, i) =>
    Buffer.alloc(i % 500 === 0 ? 5_000 : 7, i % 251),
  );
  for (const piece of pieces) collector.write(piece);
  assert.deepEqual(Buffer.concat(collector.chunks), Buffer.concat(pieces));
  assert.ok(collector.chunks.length < 30);
  assert.ok(memory.usedBytes >= collector.sizeBytes);
  collector.release();
  assert.equal(memory.usedBytes, 0);
});

test('past the size limit or the budget nothing is kept', () => {
  const memory = new MemoryBudget(50_000);
  const large = new ContentCollector(10_000, memory);
  for (let i = 0; i < 20; i += 1) large.write(Buffer.alloc(2_000));
  assert.equal(large.failure, 'size');
  assert.equal(large.sizeBytes, 40_000);
  const short = new ContentCollector(100_000, memory);
  for (let i = 0; i < 30; i += 1) short.write(Buffer.alloc(2_000));
  assert.equal(short.failure, 'memory');
  assert.equal(memory.usedBytes, 0);
});
