import type { Holder, Lane } from './documents.ts';

/** All of them, in one process. */
const ALL_SERVICES = 8;
/** More than this are counted. */
const NAMED_MAX = 3;
const ID_SHOWN = 8;

/** What names a lane on the page. */
export function laneKey({ topic, lane }: Pick<Lane, 'topic' | 'lane'>): string {
  return `${topic} ${lane}`;
}

/** `0–3, 7`. */
export function sayLanes(lanes: readonly number[]): string {
  const parts: [first: number, last: number][] = [];
  for (const lane of lanes.toSorted((a, b) => a - b)) {
    const latest = parts.at(-1);
    if (latest?.[1] === lane - 1) latest[1] = lane;
    else parts.push([lane, lane]);
  }
  return parts
    .map(([first, last]) => (first === last ? `${first}` : `${first}–${last}`))
    .join(', ');
}

/** `delivery`, `3 services`: what a process does. */
export function sayServices(services: readonly string[]): string {
  if (services.length >= ALL_SERVICES) return 'all services';
  return services.length > NAMED_MAX ? `${services.length} services` : services.join(', ');
}

/** `delivery on mail-1, pid 4711`, or the end of its id where no more is known. */
export function nameHolder({ id, host, pid, services }: Holder): string {
  if (host === undefined || pid === undefined) return `process …${id.slice(-ID_SHOWN)}`;
  return `${sayServices(services ?? [])} on ${host}, pid ${pid}`;
}

/** What the mail in a topic waits for. */
export function sayTopic(topic: string): string {
  switch (topic) {
    case 'accepted':
      return 'taken in, for the router';
    case 'outbound':
      return 'to other servers, for delivery';
    case 'local':
      return 'to mailboxes of ours';
    case 'events':
      return 'what happened, for the trace';
    default:
      return '';
  }
}

/** Short times with tenths, where they matter: `0.4 s`. */
export function saySeconds(durationMs: number): string {
  const seconds = Math.max(0, durationMs) / 1_000;
  return `${seconds < 10 ? seconds.toFixed(1) : Math.floor(seconds)}\u00a0s`;
}
