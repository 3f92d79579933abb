/** Times are in the viewer's zone, which the page names once. */
const LOCALE = 'en-GB';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** No line ends between a number and its unit. */
const SPACE = '\u00a0';

const clock = new Intl.DateTimeFormat(LOCALE, { hour: '2-digit', minute: '2-digit' });
const clockSeconds = new Intl.DateTimeFormat(LOCALE, { timeStyle: 'medium' });
const full = new Intl.DateTimeFormat(LOCALE, { dateStyle: 'medium', timeStyle: 'medium' });

/** `17:05`. */
export function formatClock(atMs: number): string {
  return clock.format(atMs);
}

/** `17:05:09`. */
export function formatClockSeconds(atMs: number): string {
  return clockSeconds.format(atMs);
}

/** `24 Nov 2026, 17:05:09`. */
export function formatFull(atMs: number): string {
  return full.format(atMs);
}

/** The viewer's zone: `Europe/Rome, UTC+1`. */
export function nameZone(atMs: number): string {
  const parts = new Intl.DateTimeFormat(LOCALE, { timeZoneName: 'shortOffset' });
  const offset = parts.formatToParts(atMs).find(({ type }) => type === 'timeZoneName')?.value ?? '';
  const { timeZone } = parts.resolvedOptions();
  return timeZone === 'UTC' ? timeZone : `${timeZone}, ${offset.replace('GMT', 'UTC')}`;
}

/** How long something takes or took, in its two largest units: `45 s`, `12 min`, `3 h 20 min`, `2 d 4 h`. */
export function formatDuration(durationMs: number): string {
  const ms = Math.max(0, durationMs);
  if (ms < MINUTE_MS) return `${Math.floor(ms / SECOND_MS)}${SPACE}s`;
  if (ms < HOUR_MS) return `${Math.floor(ms / MINUTE_MS)}${SPACE}min`;
  if (ms < DAY_MS) return pair(ms, HOUR_MS, 'h', MINUTE_MS, 'min');
  return pair(ms, DAY_MS, 'd', HOUR_MS, 'h');
}

/** When something is due: `in 45 s`, or `now`. */
export function formatDue(atMs: number, nowMs: number): string {
  return atMs - nowMs < SECOND_MS ? 'now' : `in ${formatDuration(atMs - nowMs)}`;
}

function pair(ms: number, large: number, largeUnit: string, small: number, smallUnit: string) {
  const rest = Math.floor((ms % large) / small);
  const first = `${Math.floor(ms / large)}${SPACE}${largeUnit}`;
  return rest === 0 ? first : `${first}${SPACE}${rest}${SPACE}${smallUnit}`;
}
