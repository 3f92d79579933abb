import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ratesOf } from './rates.ts';

const totals = (accepted: number) => ({ accepted, delivered: 0, deferred: 0, bounced: 0 });

test('rates are means over the last three seconds', () => {
  const samples = [0, 10, 10, 30, 60, 100].map((accepted, second) => ({
    atMs: second * 1_000,
    totals: totals(accepted),
  }));
  assert.equal(ratesOf(samples).accepted, 30);
  assert.equal(ratesOf(samples.slice(0, 2)).accepted, 10);
});

test('rates are zero without two samples, and never below', () => {
  assert.equal(ratesOf([]).accepted, 0);
  assert.equal(ratesOf([{ atMs: 0, totals: totals(5) }]).accepted, 0);
  const fallen = [5, 1].map((accepted, second) => ({
    atMs: second * 1_000,
    totals: totals(accepted),
  }));
  assert.equal(ratesOf(fallen).accepted, 0);
});
