import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LogUnavailable } from '@staffetta/core';
import type { LaneLease } from '@staffetta/core';
import { acceptedEvent, acceptedLeases, passOn, readTopic, sampleRecord } from '@staffetta/testing';
import type { KafkaLog } from './kafka-log.ts';
import { OUTBOUND_LANES, testKafkaLogs } from './testing/test-logs.ts';

const APPENDERS = 8;
/** How long after a fault appends may be refused: a new leader is elected, and seen. */
const PROGRESS_MS = 15_000;

const makeLogs = testKafkaLogs(3);

/** Appends to `accepted` all the time, and keeps what was confirmed. */
class Load {
  readonly confirmed: string[] = [];
  readonly refused: string[] = [];
  readonly #log: KafkaLog;
  readonly #appenders: Promise<void>[];
  #going = true;

  constructor(log: KafkaLog) {
    this.#log = log;
    this.#appenders = Array.from({ length: APPENDERS }, (_, appender) => this.#append(appender));
  }

  /** Resolves when so many more have been confirmed. */
  async progress(count = 20): Promise<void> {
    const wanted = this.confirmed.length + count;
    const untilMs = Date.now() + PROGRESS_MS;
    while (this.confirmed.length < wanted) {
      assert.ok(Date.now() < untilMs, `nothing was confirmed for ${PROGRESS_MS} ms`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async stop(): Promise<void> {
    this.#going = false;
    await Promise.all(this.#appenders);
  }

  async #append(appender: number): Promise<void> {
    for (let n = 0; this.#going; n += 1) {
      const key = `${appender} ${n}`;
      const record = sampleRecord(key, { topic: 'accepted' });
      await this.#log.append([record], [acceptedEvent(record)]).then(
        () => this.confirmed.push(key),
        (error: unknown) => {
          assert.ok(error instanceof LogUnavailable);
          this.refused.push(key);
        },
      );
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

/** Pipes the lanes, through whatever happens, until told to end at the end. */
async function pipeAll(
  log: KafkaLog,
  leases: readonly LaneLease[],
  isEnd: () => boolean,
): Promise<void> {
  const lanes = leases.map(async (lease) => {
    for (;;) {
      const ending = isEnd();
      const count = await log.pipe(lease, false, 50, passOn).catch(() => undefined);
      assert.notEqual(count, 'lost');
      if (count === 0 && ending) return;
      if (!count) await new Promise((resolve) => setTimeout(resolve, 20));
    }
  });
  await Promise.all(lanes);
}

void test('three brokers: one is killed and comes back, one stands still for a while; nothing is lost or doubled', async () => {
  const made = await makeLogs();
  let load: Load | undefined;
  try {
    const log = made.open('one');
    const router = made.open('router');
    const leases = await acceptedLeases(made.lanes);
    load = new Load(log);
    let ending = false;
    const piping = pipeAll(router, leases, () => ending);
    await load.progress();
    const [first, second] = made.kafka.brokers;
    await first!.kill();
    await load.progress();
    await first!.restart();
    await load.progress();
    second!.pause();
    await load.progress();
    second!.resume();
    await load.progress();
    await load.stop();
    ending = true;
    await piping;

    const counts = new Map<string, number>();
    for (const { key } of await readTopic(router, 'outbound', OUTBOUND_LANES)) {
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    for (const key of load.confirmed) assert.equal(counts.get(key), 1, `${key} was confirmed`);
    for (const key of load.refused) {
      assert.ok((counts.get(key) ?? 0) <= 1, `${key} was refused`);
    }
  } finally {
    await load?.stop();
    await made.stop();
  }
});
