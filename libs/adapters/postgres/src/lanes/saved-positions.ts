import type { LeasedTopic } from '@staffetta/core';
import type { Database } from '../database.ts';
import { LEASED_NUMBERS } from '../log/partitions.ts';

/** How far one class of a lane is settled. */
export interface SavedPosition {
  readonly topic: LeasedTopic;
  readonly lane: number;
  readonly bulk: boolean;
  readonly position: number;
}

/** Topics whose records have no bulk twin. */
const ONE_CLASS: ReadonlySet<LeasedTopic> = new Set(['local', 'events']);

/** The positions of these topics, both classes where there are two. */
export async function savedPositions(
  database: Database,
  topics: readonly LeasedTopic[],
): Promise<readonly SavedPosition[]> {
  const rows = await database.query<{
    topic: number;
    lane: number;
    position: number;
    bulk_position: number;
  }>('select topic, lane, position, bulk_position from lane where topic = any($1::int[])', [
    topics.map((topic) => LEASED_NUMBERS[topic]),
  ]);
  return rows.flatMap(({ lane, position, bulk_position: bulkPosition, ...row }) => {
    const topic = topics.find((name) => LEASED_NUMBERS[name] === row.topic)!;
    const normal = { topic, lane, bulk: false, position };
    if (ONE_CLASS.has(topic)) return [normal];
    return [normal, { topic, lane, bulk: true, position: bulkPosition }];
  });
}
