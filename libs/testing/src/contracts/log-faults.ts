import assert from 'node:assert/strict';
import { LogUnavailable } from '@staffetta/core';
import {
  acceptedLeases,
  pipeLane,
  readTopic,
  sampleEnvelope,
  sampleRecord,
} from './log-samples.ts';
import type { LogCheck } from './log-samples.ts';

const APPENDERS = 10;
const CUTS = 6;
const DEADLINE_MS = 5_000;
const LATE_MS = 1_000;

/** How many records each name has. */
function countsOf(names: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

/** Cuts connections so often, at moments spread over what happens meanwhile. */
async function cutRepeatedly(cut: () => Promise<void>): Promise<void> {
  for (let count = 0; count < CUTS; count += 1) {
    await new Promise((resolve) => setTimeout(resolve, 30 + count * 17));
    await cut();
  }
}

/** What holds when connections break, and when nobody answers. */
export function faultChecks(check: LogCheck): void {
  check(
    'cut: under concurrent appends all that was confirmed is there, nothing in part',
    async (made) => {
      const { log, other, outboundLanes } = made;
      const confirmed = new Set<string>();
      const refused = new Set<string>();
      let cutting = true;
      const appenders = Array.from({ length: APPENDERS }, async (_, appender) => {
        for (let count = 0; cutting; count += 1) {
          const campaign = `${appender}.${count}`;
          const records = ['a', 'b', 'c'].map((key) =>
            sampleRecord(`${key} ${appender}`, { envelope: sampleEnvelope({ campaign }) }),
          );
          try {
            await log.append(records, []);
            confirmed.add(campaign);
          } catch (error) {
            assert.ok(error instanceof LogUnavailable, String(error));
            refused.add(campaign);
          }
        }
      });
      await cutRepeatedly(made.cut!);
      cutting = false;
      await Promise.all(appenders);
      const all = await readTopic(other, 'outbound', outboundLanes);
      const counts = countsOf(all.map(({ envelope }) => envelope.campaign));
      for (const campaign of confirmed)
        assert.equal(counts.get(campaign), 3, `${campaign} was confirmed`);
      for (const [campaign, count] of counts) {
        assert.equal(count, 3, `${campaign} is there in part, or twice`);
        assert.ok(confirmed.has(campaign) || refused.has(campaign));
      }
      // A log may mend a cut by itself: then none was refused.
      assert.ok(confirmed.size > 0, 'nothing was confirmed');
      await log.append([sampleRecord('after')], []);
    },
  );

  check('cut: inside a pipe every record goes through once', async (made) => {
    const { log, other, lanes, outboundLanes } = made;
    const keys = Array.from({ length: 400 }, (_, n) => `key ${n}`);
    for (let at = 0; at < keys.length; at += 40) {
      const some = keys.slice(at, at + 40).map((key) => sampleRecord(key, { topic: 'accepted' }));
      await other.append(some, []);
    }
    const leases = await acceptedLeases(lanes);
    const piping = Promise.all(
      leases.map((lease) => pipeLane(log, lease, { recordsMax: 2, retry: true })),
    );
    await cutRepeatedly(made.cut!);
    await piping;
    const counts = countsOf(
      (await readTopic(other, 'outbound', outboundLanes)).map(({ key }) => key),
    );
    assert.equal(counts.size, keys.length);
    for (const [key, count] of counts) assert.equal(count, 1, `${key} went through ${count} times`);
  });

  check(
    'an append that nobody answers is refused after 5 s, and the next one is taken',
    async (made) => {
      const { log, other, outboundLanes } = made;
      await log.append([sampleRecord('before')], []);
      const release = made.hold();
      const startedAtMs = Date.now();
      const waits = [0, 0, 300].map(async (afterMs) => {
        await new Promise((resolve) => setTimeout(resolve, afterMs));
        await assert.rejects(log.append([sampleRecord('held')], []), LogUnavailable);
        return Date.now() - startedAtMs - afterMs;
      });
      const took = await Promise.all(waits);
      release();
      for (const ms of took) assert.ok(ms < DEADLINE_MS + LATE_MS, `refused after ${ms} ms`);
      await log.append([sampleRecord('after')], []);
      const counts = countsOf(
        (await readTopic(other, 'outbound', outboundLanes)).map(({ key }) => key),
      );
      assert.equal(counts.get('after'), 1);
      assert.equal(counts.get('before'), 1);
    },
  );
}
