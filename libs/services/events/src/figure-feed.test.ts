import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LedgerCheck, MailFigures, OutcomeTotals } from '@staffetta/core';
import { FigureFeed } from './figure-feed.ts';

const CHECK: LedgerCheck = {
  balanced: true,
  begun: 0,
  ended: 0,
  waiting: 0,
  difference: 0,
  counts: {},
  lines: [],
  messageIds: [],
};

/** A feed whose clock moves a second with each look at the totals. */
function scene(totals: () => OutcomeTotals): {
  feed: FigureFeed;
  next(): Promise<MailFigures>;
  looks(): number;
} {
  let nowMs = 1_000_000_000;
  let looks = 0;
  const feed = new FigureFeed({
    clock: { now: () => nowMs },
    check: async () => CHECK,
    async totals() {
      nowMs += 1_000;
      looks += 1;
      return totals();
    },
  });
  const next = (): Promise<MailFigures> =>
    new Promise((resolve) => {
      let told = 0;
      const unwatch = feed.watch((figures) => {
        told += 1;
        // The first may be the latest one once more.
        if (told === 1) return;
        unwatch();
        resolve(figures);
      });
    });
  return { feed, next, looks: () => looks };
}

test('figures for all who watch at once, none for nobody', async () => {
  let accepted = 0;
  const { feed, next, looks } = scene(() => ({
    accepted: (accepted += 10),
    delivered: 0,
    deferred: 0,
    bounced: 0,
  }));
  const [one, two] = await Promise.all([next(), next()]);
  assert.deepEqual(one, two);
  assert.equal(looks(), 2);
  assert.ok(one.kind === 'figures');
  assert.ok(one.rates.accepted > 0);
  assert.equal(one.ledger?.balanced, true);
  await feed.stop();
  assert.equal(looks(), 2);
});

test('what cannot be read is away, and known again by itself', async () => {
  let away = true;
  const { feed, next } = scene(() => {
    if (away) throw new Error('connection refused');
    return { accepted: 0, delivered: 0, deferred: 0, bounced: 0 };
  });
  assert.deepEqual(await next(), { kind: 'away', reason: 'connection refused' });
  away = false;
  assert.equal((await next()).kind, 'figures');
  await feed.stop();
});
