import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ScheduledRow } from '@staffetta/core';
import { PostgresDeliveryStore } from '@staffetta/postgres';
import { HoldingSmtpSink } from '@staffetta/testing';
import { TestWorkers, until } from './testing/test-workers.ts';

const NAMES = ['a', 'b', 'c', 'd'];

async function scene(
  body: (workers: TestWorkers, site: HoldingSmtpSink) => Promise<void>,
): Promise<void> {
  const workers = await TestWorkers.start();
  const site = await HoldingSmtpSink.start();
  try {
    site.isHolding = true;
    await workers.mail(site, NAMES);
    await body(workers, site);
  } finally {
    site.release();
    await workers.stop();
    await site.stop();
  }
}

/** Each recipient is delivered once, and told so once. */
async function assertOnce(workers: TestWorkers, site: HoldingSmtpSink): Promise<void> {
  const arrived = site.arrivals.map(({ recipient }) => recipient).sort();
  assert.deepEqual(
    arrived,
    NAMES.map((name) => `${name}@sink.test`),
  );
  const [told] = await workers.database.query<{ count: number }>(
    `select sum(count)::int as count from ledger_delta where type = 'delivered'`,
  );
  assert.equal(told?.count, NAMES.length);
}

async function awaitEnd({ database }: TestWorkers): Promise<void> {
  await until(async () => (await database.query('select from scheduled')).length === 0);
}

test('a row of a dead owner that is pulled before it is told as uncertain is delivered once', () =>
  scene(async (workers, site) => {
    await workers.leftRows('wire');
    let looks = 0;
    let pulled = 0;
    // Flushes wait until the rows are in memory, and pulls go on after that.
    class SlowFlush extends PostgresDeliveryStore {
      override async pull(
        ...args: Parameters<PostgresDeliveryStore['pull']>
      ): Promise<readonly ScheduledRow[]> {
        const rows = await super.pull(...args);
        pulled += rows.length;
        looks += 1;
        return rows;
      }

      override async flush(
        ...args: Parameters<PostgresDeliveryStore['flush']>
      ): ReturnType<PostgresDeliveryStore['flush']> {
        await until(() => pulled >= NAMES.length);
        return super.flush(...args);
      }
    }
    // What is not on the wire stays in the ready queue meanwhile.
    const { delivery } = await workers.worker({ connectionsPerSiteMax: 1 }, 10_000, SlowFlush);
    await until(() => site.held === 1);
    const before = looks;
    await until(() => looks >= before + 3);
    assert.equal(pulled, NAMES.length);
    site.release();
    await awaitEnd(workers);
    await until(() => delivery.usage().messages === 0);
    await assertOnce(workers, site);
  }));

test('nothing of a lane is pulled before its last owner’s rows on the wire are due again', () =>
  scene(async (workers, site) => {
    await workers.leftRows('due');
    let looks = 0;
    let pulledBefore = 0;
    let isReclaimed = false;
    class LateReclaim extends PostgresDeliveryStore {
      override async pull(
        ...args: Parameters<PostgresDeliveryStore['pull']>
      ): Promise<readonly ScheduledRow[]> {
        const rows = await super.pull(...args);
        if (!isReclaimed) pulledBefore += rows.length;
        return rows;
      }

      override async reclaim(
        ...args: Parameters<PostgresDeliveryStore['reclaim']>
      ): Promise<readonly ScheduledRow[]> {
        looks += 1;
        // The first looks fail, as those of a database that is away do.
        if (looks <= 6) throw new Error('away');
        const rows = await super.reclaim(...args);
        isReclaimed = true;
        return rows;
      }
    }
    const { delivery } = await workers.worker({}, 10_000, LateReclaim);
    await until(() => isReclaimed);
    assert.equal(pulledBefore, 0);
    site.release();
    await awaitEnd(workers);
    await until(() => delivery.usage().messages === 0);
    await assertOnce(workers, site);
  }));
