import type { LeasedTopic } from '@staffetta/core';
import type { Database } from '../database.ts';
import { LEASED_NUMBERS } from '../log/partitions.ts';

/** Makes rows for lanes that are not there yet, so that they can be leased. */
export async function prepareLanes(
  database: Database,
  lanes: Readonly<Partial<Record<LeasedTopic, number>>>,
): Promise<void> {
  for (const [topic, count] of Object.entries(lanes) as [LeasedTopic, number][]) {
    await database.query(
      `insert into lane (topic, lane) select $1, generate_series(0, $2::int - 1)
       on conflict do nothing`,
      [LEASED_NUMBERS[topic], count],
    );
  }
}
