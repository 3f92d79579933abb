import type { LeasedTopic, Partition, Topic } from '@staffetta/core';

/** Numbers of the topics in tables; part of the data format. */
export const TOPIC_NUMBERS: Readonly<Record<Topic, number>> = {
  accepted: 1,
  outbound: 2,
  local: 3,
};

/** Numbers of what has lanes that are leased; part of the data format. */
export const LEASED_NUMBERS: Readonly<Record<LeasedTopic, number>> = {
  ...TOPIC_NUMBERS,
  events: 4,
};

/** Lanes of the topics whose number is not configured. */
export const ACCEPTED_LANES = 8;
export const LOCAL_LANES = 16;

const LANES_MAX = 10_000;

/** The number of a partition in log_partition and in the record tables. */
export function partitionNumber(partition: Partition): number {
  return (
    TOPIC_NUMBERS[partition.topic] * 2 * LANES_MAX + partition.lane * 2 + (partition.bulk ? 1 : 0)
  );
}

/** The partition of a number. */
export function partitionOf(number: number): Partition {
  const topicNumber = Math.floor(number / (2 * LANES_MAX));
  const rest = number % (2 * LANES_MAX);
  const topic = (Object.keys(TOPIC_NUMBERS) as Topic[]).find(
    (name) => TOPIC_NUMBERS[name] === topicNumber,
  );
  if (!topic) throw new Error(`no topic has the number ${topicNumber}`);
  return { topic, lane: rest >> 1, bulk: (rest & 1) === 1 };
}
