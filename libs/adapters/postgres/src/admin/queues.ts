import type { SiteQueue } from '@staffetta/core';
import type { Database } from '../database.ts';

/** Sites that one question returns at most. */
const SITES_MAX = 10_000;

interface QueueRow {
  readonly site: string;
  readonly scheduled: number;
  readonly ready: number;
  readonly oldest: number | null;
  readonly next: number | null;
  readonly reply: unknown;
  readonly reason: string | null;
}

/**
 * What waits by site: rows of `scheduled`, and what live processes tell of their ready queues. One site where it is
 * given, else those with most recipients waiting first.
 */
export async function readQueues(
  database: Database,
  filter: { readonly site?: string; readonly limit: number },
): Promise<readonly SiteQueue[]> {
  const rows = await database.query<{ [Key in keyof QueueRow]: QueueRow[Key] }>(
    `with ready as (
       select key as site, sum(value::bigint)::bigint as ready
       from instance, jsonb_each_text(case when jsonb_typeof(report -> 'ready') = 'object'
                                           then report -> 'ready' else '{}' end)
       where heartbeat_at > now() - interval '5 seconds' and ($1::text is null or key = $1)
       group by key
     ), waiting as (
       select site, sum(recipients)::bigint as scheduled, min(accepted_at) as oldest,
              min(due_at) as next,
              max(id) filter (where last_reply is not null or reason <> '') as latest
       from scheduled where $1::text is null or site = $1
       group by site
     ), top as (
       select coalesce(waiting.site, ready.site) as site, coalesce(scheduled, 0) as scheduled,
              coalesce(ready, 0) as ready, oldest, next, latest
       from waiting full join ready on ready.site = waiting.site
       where coalesce(scheduled, 0) + coalesce(ready, 0) > 0
       order by coalesce(scheduled, 0) + coalesce(ready, 0) desc, 1 limit $2
     )
     select top.site, top.scheduled, top.ready, top.oldest, top.next,
            row.last_reply as reply, row.reason
     from top left join scheduled row on row.id = top.latest
     order by top.scheduled + top.ready desc, top.site`,
    [filter.site ?? null, Math.min(filter.limit, SITES_MAX)],
  );
  return rows.map(siteQueue);
}

function siteQueue(row: QueueRow): SiteQueue {
  return {
    site: row.site,
    scheduled: row.scheduled,
    ready: row.ready,
    oldestAcceptedAtMs: row.oldest ?? undefined,
    nextDueAtMs: row.next ?? undefined,
    lastReply: replyText(row.reply) || (row.reason ?? ''),
  };
}

/** A stored reply in one line: code, enhanced code, text. */
function replyText(reply: unknown): string {
  if (typeof reply !== 'object' || reply === null) return '';
  const { code, enhanced, text } = reply as Record<string, unknown>;
  return [code, enhanced, text]
    .filter((part) => typeof part === 'string' || typeof part === 'number')
    .filter((part) => part !== '')
    .join(' ');
}
