/**
 * Our log on Kafka beside bare loops of kafkajs on the same three brokers, each part alone, in alternating rounds:
 * `node --conditions=@staffetta/source ops/bench/log-alone.ts [MESSAGES [ROUNDS]]`. Messages of 10 KB a second, and
 * ratios of ours to the bare loop. Run by `npm run show -- 2.4` too.
 */
import { randomBytes } from 'node:crypto';
import { Kafka, logLevel } from 'kafkajs';
import type { Consumer, KafkaMessage, Producer } from 'kafkajs';
import type { Append, LaneLease } from '@staffetta/core';
import { KafkaLog, prepareTopics } from '@staffetta/log-kafka';
import { passOn, sampleRecord, startTestKafka } from '@staffetta/testing';
import type { TestKafka } from '@staffetta/testing';
import { round, spread } from '../../tools/harness/statistics.ts';
import type { Spread } from '../../tools/harness/statistics.ts';

const BYTES = 10_240;
const LANES = { accepted: 8, outbound: 64, local: 16 } as const;
/** Appends that wait at the same time, as the sessions of an ingress do; a batch of the bare producer. */
const AT_ONCE = 200;
/** Records of a pipe's batch. */
const BATCH = 200;
const LIMITS = { recordsMax: BATCH, bytesMax: 4 * 1024 * 1024 };

/** Messages a second, and the median of ours by the median of the bare loop. */
export interface Pair {
  readonly ours: Spread;
  readonly bare: Spread;
  readonly ratio: number;
}

export interface LogAlone {
  readonly append: Pair;
  readonly read: Pair;
  readonly pipe: Pair;
}

type Part = keyof LogAlone;
type Rates = Record<Part, number>;

export async function benchLogAlone(messages: number, rounds: number): Promise<LogAlone> {
  const kafka = await startTestKafka(3);
  try {
    const ours: Rates[] = [];
    const bare: Rates[] = [];
    // The brokers are to be warm.
    await measureBare(kafka, messages);
    await measureOurs(kafka, messages);
    for (let number = 0; number < rounds; number += 1) {
      ours.push(await measureOurs(kafka, messages));
      bare.push(await measureBare(kafka, messages));
    }
    const pair = (part: Part): Pair => {
      const of = (rates: readonly Rates[]): Spread => spread(rates.map((rate) => rate[part]));
      return { ours: of(ours), bare: of(bare), ratio: round(of(ours).median / of(bare).median) };
    };
    return { append: pair('append'), read: pair('read'), pipe: pair('pipe') };
  } finally {
    await kafka.stop();
  }
}

async function measureOurs(kafka: TestKafka, messages: number): Promise<Rates> {
  const { log, prefix } = await openLog(kafka);
  const records = Array.from({ length: messages }, (_, n) =>
    sampleRecord(`site${n % 50}.test`, {
      topic: 'accepted',
      body: { sizeBytes: BYTES, bytes: randomBytes(BYTES), ref: undefined },
    }),
  );
  const leases = Array.from({ length: LANES.accepted }, (_, lane): LaneLease => {
    return { topic: 'accepted', lane, epoch: 1, owner: prefix };
  });
  try {
    const append = await rate(messages, () => appendAll(log, records));
    const read = await rate(messages, () => readAll(log, messages));
    const pipe = await rate(messages, async () => {
      const piped = await Promise.all(leases.map((lease) => pipeLane(log, lease)));
      expectAll(piped, messages);
    });
    return { append, read, pipe };
  } finally {
    await log.close();
  }
}

async function openLog(kafka: TestKafka): Promise<{ log: KafkaLog; prefix: string }> {
  const connection = { brokers: kafka.addresses, clientId: 'bench' };
  const prefix = `ours-${randomBytes(4).toString('hex')}`;
  await prepareTopics({
    connection,
    prefix,
    lanes: LANES,
    replicationFactor: 3,
    minInsyncReplicas: 2,
  });
  const nowhere = (): never => {
    throw new Error('nothing here has a cause or lies outside of the log');
  };
  const log = new KafkaLog({
    connection,
    prefix,
    lanes: LANES,
    instance: prefix,
    appenders: 2,
    inlineBytesMax: 256 * 1024,
    keepMs: 0,
    compression: 'none',
    isHeld: () => Promise.resolve(true),
    causes: { claim: nowhere },
    parked: { holds: () => false, chunks: nowhere },
    blobs: { put: nowhere, chunks: nowhere },
  });
  return { log, prefix };
}

async function appendAll(
  log: KafkaLog,
  records: readonly Append['records'][number][],
): Promise<void> {
  let next = 0;
  const session = async (): Promise<void> => {
    for (let record = records[next++]; record; record = records[next++])
      await log.append([record], []);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, session));
}

async function readAll(log: KafkaLog, messages: number): Promise<void> {
  const lanes = Array.from({ length: LANES.accepted }, async (_, lane) => {
    const partition = { topic: 'accepted', lane, bulk: false } as const;
    let count = 0;
    for (let position = 1; ;) {
      const records = await log.read(partition, position, LIMITS);
      if (records.length === 0) return count;
      count += records.length;
      position = records.at(-1)!.position + 1;
    }
  });
  expectAll(await Promise.all(lanes), messages);
}

async function pipeLane(log: KafkaLog, lease: LaneLease): Promise<number> {
  for (let count = 0; ;) {
    const piped = await log.pipe(lease, false, BATCH, passOn);
    if (piped === 'lost') throw new Error('the lease is lost');
    if (piped === 0) return count;
    count += piped;
  }
}

async function measureBare(kafka: TestKafka, messages: number): Promise<Rates> {
  const client = new Kafka({
    brokers: [...kafka.addresses],
    clientId: 'bare',
    logLevel: logLevel.NOTHING,
  });
  const name = `bare-${randomBytes(4).toString('hex')}`;
  const topics = { accepted: `${name}.accepted`, outbound: `${name}.outbound` };
  const admin = client.admin();
  await admin.connect();
  await admin.createTopics({
    waitForLeaders: true,
    topics: (['accepted', 'outbound'] as const).map((topic) => ({
      topic: topics[topic],
      numPartitions: LANES[topic],
      replicationFactor: 3,
      configEntries: [{ name: 'min.insync.replicas', value: '2' }],
    })),
  });
  await admin.disconnect();
  const producer = client.producer({ idempotent: true, maxInFlightRequests: 1 });
  await producer.connect();
  const values = Array.from({ length: messages }, () => randomBytes(BYTES));
  const append = await rate(messages, async () => {
    for (let from = 0; from < messages; from += AT_ONCE) {
      const batch = values.slice(from, from + AT_ONCE).map((value) => ({ value }));
      await producer.send({ topic: topics.accepted, acks: -1, messages: batch });
    }
  });
  await producer.disconnect();
  const read = await consumeAll(client, topics.accepted, messages, () => Promise.resolve());
  const piper = client.producer({
    idempotent: true,
    maxInFlightRequests: 1,
    transactionalId: name,
  });
  await piper.connect();
  const pipe = await consumeAll(client, topics.accepted, messages, (batch) =>
    pass(piper, topics.outbound, batch),
  );
  await piper.disconnect();
  return { append, read, pipe };
}

interface Fetched {
  readonly topic: string;
  readonly partition: number;
  readonly groupId: string;
  readonly messages: readonly KafkaMessage[];
}

/** From the first message that comes: joining the group is no part of it. */
async function consumeAll(
  client: Kafka,
  topic: string,
  messages: number,
  onBatch: (batch: Fetched) => Promise<void>,
): Promise<number> {
  const groupId = `bare-${randomBytes(4).toString('hex')}`;
  const consumer: Consumer = client.consumer({ groupId, maxWaitTimeInMs: 10 });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  let left = messages;
  let beginMs = 0;
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  await consumer.run({
    autoCommit: false,
    eachBatch: async ({ batch }) => {
      beginMs ||= performance.now();
      for (let from = 0; from < batch.messages.length; from += BATCH) {
        const part = batch.messages.slice(from, from + BATCH);
        await onBatch({ topic, partition: batch.partition, groupId, messages: part }).catch(reject);
        left -= part.length;
      }
      if (left <= 0) resolve((messages * 1_000) / (performance.now() - beginMs));
    },
  });
  const perSecond = await promise;
  await consumer.disconnect();
  return perSecond;
}

async function pass(producer: Producer, outbound: string, batch: Fetched): Promise<void> {
  const { topic, partition, groupId, messages } = batch;
  const transaction = await producer.transaction();
  await transaction.send({
    topic: outbound,
    acks: -1,
    messages: messages.map(({ value }, n) => ({ key: `site${n % 50}.test`, value })),
  });
  const offset = String(Number(messages.at(-1)!.offset) + 1);
  await transaction.sendOffsets({
    consumerGroupId: groupId,
    topics: [{ topic, partitions: [{ partition, offset }] }],
  });
  await transaction.commit();
}

async function rate(messages: number, work: () => Promise<void>): Promise<number> {
  const beginMs = performance.now();
  await work();
  return (messages * 1_000) / (performance.now() - beginMs);
}

function expectAll(counts: readonly number[], messages: number): void {
  const count = counts.reduce((sum, one) => sum + one, 0);
  if (count !== messages) throw new Error(`${count} of ${messages} came`);
}

if (import.meta.main) {
  const [messages = '5000', rounds = '3'] = process.argv.slice(2);
  console.log(JSON.stringify(await benchLogAlone(Number(messages), Number(rounds))));
}
