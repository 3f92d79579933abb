import type { CountedLog, Partition, TopicLag } from '@staffetta/core';
import { savedPositions } from '@staffetta/postgres';
import type { Database } from '@staffetta/postgres';

/** Partitions whose first record is read in one look, those that are furthest behind first. */
const READ_MAX = 200;

interface Behind {
  readonly partition: Partition;
  readonly position: number;
  /** Positions up to the end; a few of them may be marks of transactions. */
  readonly count: number;
}

/**
 * Records of a log in Kafka that are not settled, by topic and class, as PostgreSQL tells it of its own. What is settled
 * beyond a position counts still, and where only marks of transactions are left there is none.
 */
export async function readKafkaLag(
  database: Database,
  log: CountedLog,
): Promise<readonly TopicLag[]> {
  // Positions first: what is stored meanwhile is lag, never less than nothing.
  const positions = await readPositions(database, log);
  const ends = await log.ends();
  const all = [...positions].map(([partition, position]) => {
    const end = ends.get(partition) ?? 0;
    return { partition, position, count: Math.max(0, end - position + 1) };
  });
  const behind = all.filter(({ count }) => count > 0).sort((a, b) => b.count - a.count);
  const oldest = await readOldest(log, behind.slice(0, READ_MAX));
  return [...Map.groupBy(all, ({ partition: { topic, bulk } }) => `${topic} ${bulk}`).values()].map(
    (ofClass) => lagOf(ofClass, oldest),
  );
}

async function readPositions(
  database: Database,
  log: CountedLog,
): Promise<ReadonlyMap<Partition, number>> {
  const positions = new Map(await log.pipePositions());
  const saved = await savedPositions(database, ['outbound', 'local']);
  for (const partition of log.partitions) {
    const { topic, lane, bulk } = partition;
    const found = saved.find(
      (one) => one.topic === topic && one.lane === lane && one.bulk === bulk,
    );
    if (found) positions.set(partition, found.position);
  }
  return positions;
}

/** When the first record of each was accepted; absent where there is none. */
async function readOldest(
  log: CountedLog,
  behind: readonly Behind[],
): Promise<ReadonlyMap<Partition, number>> {
  const oldest = new Map<Partition, number>();
  for (const { partition, position } of behind) {
    for await (const { envelope } of log.unread(new Map([[partition, position]]))) {
      oldest.set(partition, envelope.acceptedAtMs);
      break;
    }
  }
  return oldest;
}

function lagOf(ofClass: readonly Behind[], oldest: ReadonlyMap<Partition, number>): TopicLag {
  const { topic, bulk } = ofClass[0]!.partition;
  const waiting = ofClass.filter(({ partition }) => oldest.has(partition));
  const first = waiting.toSorted((a, b) => oldest.get(a.partition)! - oldest.get(b.partition)!)[0]
    ?.partition;
  return {
    topic,
    bulk,
    records: waiting.reduce((sum, { count }) => sum + count, 0),
    lanes: waiting.length,
    oldestAcceptedAtMs: first && oldest.get(first),
    oldestLane: first?.lane,
  };
}
