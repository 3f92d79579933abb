import type { SiteQueue } from '../api/documents.ts';

/** By what queues can be sorted. */
export type SortKey = 'site' | 'scheduled' | 'ready' | 'connections' | 'oldest' | 'next';

export interface Order {
  readonly key: SortKey;
  readonly descending: boolean;
}

/** Queues whose site or last reply has the text, in order; equal ones by site. */
export function sortQueues(
  queues: readonly SiteQueue[],
  text: string,
  { key, descending }: Order,
): SiteQueue[] {
  const wanted = text.trim().toLowerCase();
  const sign = descending ? -1 : 1;
  return queues
    .filter(({ site, lastReply }) => `${site} ${lastReply}`.toLowerCase().includes(wanted))
    .sort((a, b) => sign * compare(a, b, key) || a.site.localeCompare(b.site, 'en'));
}

/** The order after a click on a column: the other way round, or first the most. */
export function nextOrder(order: Order, key: SortKey): Order {
  if (order.key === key) return { key, descending: !order.descending };
  return { key, descending: key === 'scheduled' || key === 'ready' || key === 'connections' };
}

function compare(a: SiteQueue, b: SiteQueue, key: SortKey): number {
  switch (key) {
    case 'site':
      return a.site.localeCompare(b.site, 'en');
    case 'scheduled':
      return a.scheduled - b.scheduled;
    case 'ready':
      return a.ready - b.ready;
    case 'connections':
      return (a.connections ?? 0) - (b.connections ?? 0);
    case 'oldest':
      return later(a.oldestAcceptedAtMs) - later(b.oldestAcceptedAtMs);
    case 'next':
      return later(a.nextDueAtMs) - later(b.nextDueAtMs);
  }
}

/** What has no time comes after all that have one. */
function later(atMs: number | undefined): number {
  return atMs ?? Number.MAX_SAFE_INTEGER;
}
