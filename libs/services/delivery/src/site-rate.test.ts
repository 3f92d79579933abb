import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '@staffetta/testing';
import { SiteRate } from './site-rate.ts';

test('never more in any second, at whichever moment of its transaction a message is counted', () => {
  const seed = Date.now() % 100_000;
  const random = seededRandom(seed);
  for (const perSecond of [1, 3, 20]) {
    const rate = new SiteRate(perSecond);
    const endsAtMs: number[] = [];
    const countedAtMs: number[] = [];
    for (let now = 0; now < 20_000; now += 1) {
      while (endsAtMs.includes(now)) {
        endsAtMs.splice(endsAtMs.indexOf(now), 1);
        rate.end(now);
      }
      if (rate.free(now) === 0) continue;
      rate.start();
      const tookMs = 1 + Math.floor(random.next() * 40);
      endsAtMs.push(now + tookMs);
      countedAtMs.push(now + Math.floor(random.next() * (tookMs + 1)));
    }
    countedAtMs.sort((one, other) => one - other);
    for (const [index, at] of countedAtMs.entries()) {
      const next = countedAtMs[index + perSecond];
      assert.ok(next === undefined || next - at > 1_000, `seed ${seed}: ${perSecond} a second`);
    }
    // A message that takes 40 ms costs no more than that.
    assert.ok(countedAtMs.length > 20 * perSecond * 0.9, `${countedAtMs.length} were sent`);
  }
});

test('what did not reach the server costs nothing; what is under way is waited for', () => {
  const rate = new SiteRate(2);
  rate.start();
  rate.start();
  assert.deepEqual([rate.free(0), rate.nextAtMs(0)], [0, undefined]);
  rate.giveBack();
  assert.equal(rate.free(0), 1);
  rate.start();
  rate.end(5);
  assert.deepEqual([rate.free(6), rate.nextAtMs(6)], [0, 1_006]);
  assert.deepEqual([rate.free(1_005), rate.free(1_006)], [0, 1]);
});

test('what an earlier owner used counts from the take-over', () => {
  const rate = new SiteRate(3);
  rate.start();
  rate.end(900);
  rate.endedElsewhere(5, 700);
  assert.deepEqual([rate.free(1_000), rate.nextAtMs(1_000)], [0, 1_701]);
  assert.equal(rate.free(1_701), 2);
  assert.equal(rate.free(1_901), 3);
  assert.equal(rate.recent(1_901), 0);
});
