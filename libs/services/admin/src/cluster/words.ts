import type { ClusterInstance } from './cluster-snapshot.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
/** More services than this are counted, not named. */
const NAMED_MAX = 3;

/** `delivery on mail-1 (pid 4711)`. */
export function nameInstance({
  services,
  host,
  pid,
}: Pick<ClusterInstance, 'services' | 'host' | 'pid'>): string {
  const what = services.length > NAMED_MAX ? `${services.length} services` : services.join(', ');
  return `${what} on ${host} (pid ${pid})`;
}

/** `45 s`, `12 min`, `3 h`. */
export function sayDuration(durationMs: number): string {
  const ms = Math.max(0, durationMs);
  if (ms < MINUTE_MS) return `${Math.floor(ms / SECOND_MS)} s`;
  if (ms < HOUR_MS) return `${Math.floor(ms / MINUTE_MS)} min`;
  return `${Math.floor(ms / HOUR_MS)} h`;
}

/** `1 lane`, `2 lanes`. */
export function sayCount(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`;
}
