import assert from 'node:assert/strict';
import type { Lanes, LaneLease, Log } from '@staffetta/core';
import { acceptedLeases, passOn, pipeLane, readTopic, sampleRecord } from './log-samples.ts';
import type { LogCheck } from './log-samples.ts';

const RECORDS = 40;

/** Fills `accepted`, in several appends. */
async function fill(log: Log, count = RECORDS): Promise<readonly string[]> {
  const keys = Array.from({ length: count }, (_, n) => `key ${n}`);
  for (let at = 0; at < count; at += 10) {
    const some = keys.slice(at, at + 10).map((key) => sampleRecord(key, { topic: 'accepted' }));
    await log.append(some, []);
  }
  return keys;
}

function sortedKeys(records: readonly { readonly key: string }[]): readonly string[] {
  return records.map(({ key }) => key).sort();
}

/** The same lanes in a later epoch. */
async function takenOver(lanes: Lanes, old: readonly LaneLease[]): Promise<readonly LaneLease[]> {
  await lanes.release(old);
  return acceptedLeases(lanes);
}

/** A batch goes through as one step, under the lease. */
export function pipeChecks(check: LogCheck): void {
  check('every record once, in batches as asked for', async ({ log, lanes, outboundLanes }) => {
    const keys = await fill(log);
    let largest = 0;
    for (const lease of await acceptedLeases(lanes)) {
      await pipeLane(log, lease, {
        recordsMax: 3,
        transform: (records) => {
          largest = Math.max(largest, records.length);
          return passOn(records);
        },
      });
    }
    assert.ok(largest <= 3);
    const all = await readTopic(log, 'outbound', outboundLanes);
    assert.deepEqual(sortedKeys(all), [...keys].sort());
  });

  check('a transform that throws leaves nothing, and is repeated', async (made) => {
    const { log, lanes, outboundLanes } = made;
    const keys = await fill(log);
    const leases = await acceptedLeases(lanes);
    for (const lease of leases) {
      const failing = log.pipe(lease, false, 5, (records) => {
        if (records.length > 0) throw new Error('as told');
        return passOn(records);
      });
      assert.match(String(await failing.catch(String)), /^0$|as told/);
    }
    assert.deepEqual(await readTopic(log, 'outbound', outboundLanes), []);
    for (const lease of leases) await pipeLane(log, lease);
    assert.deepEqual(sortedKeys(await readTopic(log, 'outbound', outboundLanes)), [...keys].sort());
  });

  check('the position is kept: another process goes on where one ended', async (made) => {
    const { log, other, lanes, outboundLanes } = made;
    const keys = await fill(log);
    const leases = await acceptedLeases(lanes);
    for (const lease of leases) await log.pipe(lease, false, 2, passOn);
    const next = await takenOver(lanes, leases);
    for (const lease of next) await pipeLane(other, lease);
    assert.deepEqual(
      sortedKeys(await readTopic(other, 'outbound', outboundLanes)),
      [...keys].sort(),
    );
  });

  check('under an old epoch it is lost, and nothing is written', async (made) => {
    const { log, other, lanes, outboundLanes } = made;
    await fill(log);
    const old = await acceptedLeases(lanes);
    // It has read some already, and knows where it is.
    for (const lease of old) await log.pipe(lease, false, 1, passOn);
    const before = (await readTopic(log, 'outbound', outboundLanes)).length;
    let next: readonly LaneLease[] = [];
    for (const lease of old) {
      const result = await log.pipe(lease, false, 5, async (records) => {
        if (next.length === 0) next = await takenOver(lanes, old);
        return passOn(records);
      });
      assert.ok(result === 'lost' || result === 0, `lane ${lease.lane}: ${result}`);
    }
    assert.ok(next.length > 0);
    assert.equal((await readTopic(other, 'outbound', outboundLanes)).length, before);
    for (const lease of next) await pipeLane(other, lease);
    assert.equal((await readTopic(other, 'outbound', outboundLanes)).length, RECORDS);
  });

  check(
    'two processes pipe different lanes at once',
    async ({ log, other, lanes, outboundLanes }) => {
      const keys = await fill(log, 120);
      const leases = await acceptedLeases(lanes);
      await Promise.all(
        leases.map((lease, n) => pipeLane(n % 2 ? log : other, lease, { recordsMax: 4 })),
      );
      assert.deepEqual(
        sortedKeys(await readTopic(log, 'outbound', outboundLanes)),
        [...keys].sort(),
      );
    },
  );
}
