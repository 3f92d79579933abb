/** Three brokers of which one dies, comes back and stands still, under load. By hand: node --conditions=@staffetta/source --test FILE. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LogUnavailable } from '@staffetta/core';
import type { LaneLease } from '@staffetta/core';
import { acceptedEvent, acceptedLeases, passOn, readTopic, sampleRecord } from '@staffetta/testing';
import type { KafkaLog } from '../kafka-log.ts';
import { OUTBOUND_LANES, testKafkaLogs } from './test-logs.ts';

const APPENDERS = 8;
/** How long after a fault appends may be refused: a new leader is elected, and seen. */
const PROGRESS_MS = 30_000;

const makeLogs = testKafkaLogs(3);

/** Appends to `accepted` all the time, and keeps what was confirmed. */
class Load {
  readonly confirmed: string[] = [];
  readonly refused: string[] = [];
  readonly #log: KafkaLog;
  readonly #appenders: Promise<void>[];
  readonly #ending = new AbortController();

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
    this.#ending.abort();
    await Promise.all(this.#appenders);
  }

  async #append(appender: number): Promise<void> {
    for (let n = 0; !this.#ending.signal.aborted; n += 1) {
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

/** Pipes the lanes, through whatever happens, until told to end. */
async function pipeAll(
  log: KafkaLog,
  leases: readonly LaneLease[],
  isEnd: () => boolean,
): Promise<void> {
  const lanes = leases.map(async (lease) => {
    while (!isEnd()) {
      const count = await log.pipe(lease, false, 50, passOn).catch(() => undefined);
      assert.notEqual(count, 'lost');
      if (!count) await new Promise((resolve) => setTimeout(resolve, 20));
    }
  });
  await Promise.all(lanes);
}

/**
 * How often each key is in `outbound`, when all that were confirmed are there or it has taken too long: a broker that
 * stood still answers as if it still led, for a while.
 */
async function countsOf(
  log: KafkaLog,
  confirmed: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const untilMs = Date.now() + PROGRESS_MS;
  for (;;) {
    const counts = new Map<string, number>();
    for (const { key } of await readTopic(log, 'outbound', OUTBOUND_LANES)) {
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    if (confirmed.every((key) => counts.has(key)) || Date.now() > untilMs) return counts;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

void test('three brokers: one is killed and comes back, one stands still for a while; nothing is lost or doubled', async () => {
  const made = await makeLogs();
  let load: Load | undefined;
  let ending = false;
  try {
    const log = made.open('one');
    const router = made.open('router');
    const leases = await acceptedLeases(made.lanes);
    load = new Load(log);
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
    await countsOf(router, load.confirmed);
    ending = true;
    await piping;
    const counts = await countsOf(router, load.confirmed);
    for (const key of load.confirmed) assert.equal(counts.get(key), 1, `${key} was confirmed`);
    for (const key of load.refused) {
      assert.ok((counts.get(key) ?? 0) <= 1, `${key} was refused`);
    }
  } finally {
    ending = true;
    await load?.stop();
    await made.stop();
  }
});
