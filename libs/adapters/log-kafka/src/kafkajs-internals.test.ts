import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startTestKafka } from '@staffetta/testing';
import type { TestKafka } from '@staffetta/testing';
import { connectCluster, LATEST, READ_COMMITTED } from './kafkajs-internals.ts';
import type { Broker } from './kafkajs-internals.ts';

/** Steps of the event loop's queue of promises between a question and the end of its connection. */
const STEPS = 40;
const SETTLED_WITHIN_MS = 5_000;

let kafka: TestKafka;
before(async () => void (kafka = await startTestKafka()));
after(() => kafka.stop());

void test('what is asked while its connection is being ended is answered or rejected, never left', async () => {
  const connecting = Array.from({ length: STEPS }, async () => {
    const cluster = await connectCluster({ brokers: kafka.addresses, clientId: 'test' }, []);
    return { cluster, broker: await cluster.findBroker({ nodeId: '1' }) };
  });
  const connected = await Promise.all(connecting);
  const [broker] = kafka.brokers;
  broker!.pause();
  try {
    const left = new Set<number>();
    const asked: Promise<unknown>[] = [];
    for (const [steps, { cluster, broker }] of connected.entries()) {
      left.add(steps);
      asked.push(ask(broker).then(() => left.delete(steps)));
      for (let step = 0; step < steps; step += 1) await Promise.resolve();
      void cluster.disconnect();
    }
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise((resolve) => (timer = setTimeout(resolve, SETTLED_WITHIN_MS)));
    await Promise.race([Promise.all(asked), late]);
    clearTimeout(timer);
    assert.deepEqual([...left], []);
  } finally {
    broker!.resume();
  }
});

async function ask(broker: Broker): Promise<unknown> {
  const topics = [{ topic: 'any', partitions: [{ partition: 0, timestamp: LATEST }] }];
  const asking = broker.listOffsets({
    replicaId: -1,
    isolationLevel: READ_COMMITTED,
    topics,
  });
  return asking.catch(() => undefined);
}
