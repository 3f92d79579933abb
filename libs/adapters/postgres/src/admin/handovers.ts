import type { Handover, LaneHolderName } from '@staffetta/core';
import type { Database } from '../database.ts';
import { topicName } from './topic-name.ts';

/** Hand-overs that one question returns at most. */
const ROWS_MAX = 500;

/** What takers of lanes told, the newest first. */
export async function readHandovers(
  database: Database,
  { beforeId, limit }: { readonly beforeId?: number; readonly limit: number },
): Promise<readonly Handover[]> {
  const rows = await database.query<{
    id: number;
    at: number;
    topic: number;
    lanes: number[];
    from: LaneHolderName | null;
    to: LaneHolderName;
    clean: boolean;
    idle: number | null;
  }>(
    `select id, at, topic, lanes, from_holder as from, to_holder as to, clean, idle_ms as idle
     from lane_handover where $1::bigint is null or id < $1 order by id desc limit $2`,
    [beforeId ?? null, Math.min(limit, ROWS_MAX)],
  );
  return rows.map(({ at, topic, from, idle, ...row }) => ({
    ...row,
    atMs: at,
    topic: topicName(topic),
    from: from ?? undefined,
    idleMs: idle ?? undefined,
  }));
}
