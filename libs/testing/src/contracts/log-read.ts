import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { laneOf, PositionGone } from '@staffetta/core';
import type { Log, Partition } from '@staffetta/core';
import { LIMITS, nextPosition, randomBody, readAll, sampleRecord } from './log-samples.ts';
import type { LogCheck, MadeLog } from './log-samples.ts';

const WAKE_MS = 500;
/** What the append itself may take, on a busy machine. */
const APPEND_MS = 1_000;

function partitionOf(key: string, { outboundLanes }: MadeLog): Partition {
  return { topic: 'outbound', lane: laneOf(key, outboundLanes), bulk: false };
}

/** Resolves when the partition is called out; rejects when that takes too long. */
async function woken(log: Log, partition: Partition, append: () => Promise<void>): Promise<void> {
  const calls = new EventEmitter();
  const stop = log.watch(partition.topic, (one) => calls.emit(`${one.lane} ${one.bulk}`));
  const end = nextPosition(await readAll(log, partition));
  assert.deepEqual(await log.read(partition, end, LIMITS), []);
  const call = once(calls, `${partition.lane} ${partition.bulk}`);
  const startedAtMs = Date.now();
  await append();
  await call;
  const tookMs = Date.now() - startedAtMs;
  assert.ok(tookMs < WAKE_MS + APPEND_MS, `woken after ${tookMs} ms`);
  stop();
}

/** How the log is read. */
export function readChecks(check: LogCheck): void {
  check('as many records and octets as asked for, one at least', async (made) => {
    const { log, other } = made;
    const partition = partitionOf('k', made);
    const records = [100, 100, 5_000, 100].map((size) =>
      sampleRecord('k', { body: randomBody(size) }),
    );
    await log.append(records.slice(0, 2), []);
    await log.append(records.slice(2), []);
    const count = async (from: number, recordsMax: number, bytesMax: number): Promise<number> =>
      (await other.read(partition, from, { recordsMax, bytesMax })).length;
    assert.equal(await count(1, 9, 1_000_000), 4);
    assert.equal(await count(1, 3, 1_000_000), 3);
    assert.equal(await count(2, 1, 1_000_000), 1);
    assert.equal(await count(1, 9, 250), 2);
    assert.equal(await count(3, 9, 1), 1);
    assert.equal(await count(4, 9, 1), 1);
    assert.equal(await count(5, 9, 1), 0);
  });

  check('the same record again, as often as it is asked for', async (made) => {
    const { log } = made;
    const partition = partitionOf('k', made);
    await log.append(
      ['k', 'k', 'k'].map((key) => sampleRecord(key)),
      [],
    );
    for (const position of [1, 2, 1, 3, 2, 1]) {
      const [record] = await log.read(partition, position, { recordsMax: 1, bytesMax: 1 });
      assert.equal(record?.position, position);
    }
  });

  check('what another process appends is seen without watching', async (made) => {
    const { log, other } = made;
    const partition = partitionOf('k', made);
    assert.deepEqual(await log.read(partition, 1, LIMITS), []);
    await other.append([sampleRecord('k')], []);
    assert.equal((await log.read(partition, 1, LIMITS)).length, 1);
  });

  check('wakes for its own appends and for those of another process', async (made) => {
    const { log, other } = made;
    const partition = partitionOf('k', made);
    for (const writer of [log, other, other, log]) {
      await woken(log, partition, () => writer.append([sampleRecord('k')], []));
    }
    assert.equal((await readAll(log, partition)).length, 4);
  });

  check('never skips what was trimmed', async (made) => {
    const { log, other } = made;
    const partition = partitionOf('k', made);
    for (let count = 0; count < 6; count += 1) await log.append([sampleRecord('k')], []);
    log.trim(partition, 4);
    await made.removeTrimmed();
    for (const reader of [log, other]) {
      // It may be kept a while, but what is given is what was asked for.
      const first = await reader.read(partition, 1, LIMITS).catch((error: unknown) => error);
      if (!(first instanceof PositionGone)) {
        assert.ok(Array.isArray(first), String(first));
        assert.equal(first[0].position, 1);
      }
      assert.deepEqual(
        (await reader.read(partition, 4, LIMITS)).map(({ position }) => position),
        [4, 5, 6],
      );
    }
    log.trim(partition, 7);
    await made.removeTrimmed();
    await log.append([sampleRecord('k')], []);
    for (const reader of [log, other]) {
      const gone = reader.read(partition, 3, LIMITS);
      await assert.rejects(gone, PositionGone);
      assert.equal((await reader.read(partition, 7, LIMITS))[0]?.position, 7);
    }
  });
}
