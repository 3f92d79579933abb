/**
 * What one of three brokers that stands still holds up. By hand, for its bounds want a machine that is not overloaded:
 * `node --conditions=@staffetta/source --test` with this file.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LaneLease } from '@staffetta/core';
import { acceptedEvent, acceptedLeases, passOn, sampleRecord } from '@staffetta/testing';
import type { TestBroker } from '@staffetta/testing';
import type { KafkaLog } from '../kafka-log.ts';
import { testKafkaLogs } from './test-logs.ts';

/** The longest time without progress that is promised; the sessions of these brokers end after 4 s. */
const WITHOUT_PROGRESS_MAX_MS = 15_000;
/** Of partitions that other brokers lead. */
const READ_WITHIN_MS = 2_000;
const STOPPED_FOR_MS = 20_000;
const LANES = [0, 1, 2];
const LIMITS = { recordsMax: 10, bytesMax: 1024 * 1024 };

const makeLogs = testKafkaLogs(3);

/** The longest time between two successes of something that is tried over and over. */
class Progress {
  longestMs = 0;
  #lastMs = performance.now();

  made(): void {
    const now = performance.now();
    this.longestMs = Math.max(this.longestMs, now - this.#lastMs);
    this.#lastMs = now;
  }
}

interface Tried {
  readonly name: string;
  readonly progress: Progress;
}

void test('one of three brokers stands still: others are read at once, the rest goes on when its session is over', async (t) => {
  const made = await makeLogs();
  let victim: TestBroker | undefined;
  let ending = false;
  const running: Promise<void>[] = [];
  const repeat = (name: string, once: () => Promise<unknown>): Tried => {
    const progress = new Progress();
    const run = async (): Promise<void> => {
      while (!ending) {
        await once().then(
          () => progress.made(),
          () => undefined,
        );
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      progress.made();
    };
    running.push(run());
    return { name, progress };
  };
  try {
    const door = made.open('door');
    const router = made.open('router');
    const leases = await acceptedLeases(made.lanes);
    // Lanes take turns.
    for (const lease of leases) {
      while (!(await router.pipe(lease, false, 50, passOn))) await appendOne(door, 'first');
    }
    let appended = 0;
    const appends = [0, 1].map((n) =>
      repeat(`appends ${n}`, () => appendOne(door, `${n} ${appended++}`)),
    );
    const reads = LANES.map((lane) =>
      repeat(`reads of lane ${lane}`, () =>
        router.read({ topic: 'accepted', lane, bulk: false }, 1, LIMITS),
      ),
    );
    const pipes = leases.map((lease) =>
      repeat(`pipe ${lease.lane}`, () => pipeOnce(router, lease)),
    );
    // The dearest: its successor is chosen before the others see that it is away.
    victim = await made.kafka.activeController();
    victim.pause();
    await new Promise((resolve) => setTimeout(resolve, STOPPED_FOR_MS));
    ending = true;
    await Promise.all(running);
    const figures = [...appends, ...reads, ...pipes];
    for (const { name, progress } of figures) {
      t.diagnostic(`${name}: at most ${Math.round(progress.longestMs)} ms without progress`);
    }
    for (const { name, progress } of figures) {
      assert.ok(progress.longestMs <= WITHOUT_PROGRESS_MAX_MS, name);
    }
    // One broker of three leads one lane of three, or perhaps two: leaders are spread by chance.
    const fastest = Math.min(...reads.map(({ progress }) => progress.longestMs));
    assert.ok(fastest <= READ_WITHIN_MS, `the fastest lane was not read for ${fastest} ms`);
  } finally {
    ending = true;
    await Promise.allSettled(running);
    victim?.resume();
    await made.stop();
  }
});

async function appendOne(log: KafkaLog, key: string): Promise<void> {
  const record = sampleRecord(key, { topic: 'accepted' });
  await log.append([record], [acceptedEvent(record)]);
}

/** Rejects where there was nothing: that is no progress. */
async function pipeOnce(log: KafkaLog, lease: LaneLease): Promise<void> {
  const count = await log.pipe(lease, false, 50, passOn);
  if (!count) throw new Error('nothing was piped');
}
