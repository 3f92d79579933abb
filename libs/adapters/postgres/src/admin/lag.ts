import type { TopicLag } from '@staffetta/core';
import type { Database } from '../database.ts';
import { decodeBatch } from '../log/batch-codec.ts';
import { partitionOf } from '../log/partitions.ts';

/** Partitions whose oldest record is looked at, those with most records first. */
const LOOKED_AT_MAX = 200;

interface Behind {
  readonly id: number;
  readonly position: number;
  readonly records: number;
}

interface Oldest {
  readonly lane: number;
  readonly acceptedAtMs: number;
}

/** Records in the log that are not settled, by topic and class. */
export async function readLag(database: Database): Promise<readonly TopicLag[]> {
  const rows = await database.query<{ [Key in keyof Behind]: Behind[Key] }>(
    `select id, position, greatest(next - position - bit_count(settled), 0) as records
     from log_partition join (
       select topic * 20000 + lane * 2 as id, position, settled from lane
       union all
       select topic * 20000 + lane * 2 + 1, bulk_position, bulk_settled from lane
     ) reader using (id)
     order by records desc, id`,
  );
  const behind = rows.filter(({ records }) => records > 0).slice(0, LOOKED_AT_MAX);
  const oldest = await readOldest(database, behind);
  return [...Map.groupBy(rows, ({ id }) => classOf(id))]
    .map(([name, partitions]) => {
      const { topic, bulk } = partitionOf(partitions[0]!.id);
      const first = oldest.get(name);
      return {
        topic,
        bulk,
        records: partitions.reduce((sum, { records }) => sum + records, 0),
        lanes: partitions.filter(({ records }) => records > 0).length,
        oldestAcceptedAtMs: first?.acceptedAtMs,
        oldestLane: first?.lane,
      };
    })
    .sort((a, b) => order(a) - order(b));
}

/** Topics in the order in which mail passes them, bulk second. */
function order({ topic, bulk }: TopicLag): number {
  return ['accepted', 'outbound', 'local'].indexOf(topic) * 2 + (bulk ? 1 : 0);
}

function classOf(id: number): string {
  const { topic, bulk } = partitionOf(id);
  return `${topic} ${bulk}`;
}

/** The record at its position is a partition's oldest: of each class the one that was accepted first. */
async function readOldest(
  database: Database,
  behind: readonly Behind[],
): Promise<ReadonlyMap<string, Oldest>> {
  const found = new Map<string, Oldest>();
  if (behind.length === 0) return found;
  const rings = await database.query<{ ring: number }>(
    'select ring from log_slice where freed_at is null order by seq',
  );
  if (rings.length === 0) return found;
  const rows = await database.query<{ id: number; base: number; records: Buffer }>(
    `select distinct on (id) id, base, records
     from unnest($1::int[], $2::bigint[]) as behind (id, position)
     cross join lateral (${rings.map(({ ring }) => batchAt(ring)).join(' union all ')}) batch
     order by id, base`,
    [behind.map(({ id }) => id), behind.map(({ position }) => position)],
  );
  const positions = new Map(behind.map(({ id, position }) => [id, position]));
  for (const { id, base, records } of rows) {
    const partition = partitionOf(id);
    const from = positions.get(id) ?? base;
    const record = decodeBatch(partition, base, records).find(({ position }) => position >= from);
    if (!record) continue;
    const { acceptedAtMs } = record.envelope;
    const known = found.get(classOf(id));
    if (known && known.acceptedAtMs <= acceptedAtMs) continue;
    found.set(classOf(id), { lane: partition.lane, acceptedAtMs });
  }
  return found;
}

/** The index finds the batch with the position as the last one that begins at it or before, else the next one. */
function batchAt(ring: number): string {
  const table = `log_${ring}_record`;
  return `(
    select base, records from ${table}
    where partition = id and base + count > position and base >= coalesce(
      (select max(base) from ${table} where partition = id and base <= position), position)
    order by base limit 1
  )`;
}
