const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Milliseconds since 1970 as INTERNALDATE shows them, in UTC and without quotes: `02-Jan-2026 03:04:05 +0000`. */
export function formatDateTime(timeMs: number): string {
  const iso = new Date(timeMs).toISOString();
  const month = MONTHS[Number(iso.slice(5, 7)) - 1];
  return `${iso.slice(8, 10)}-${month}-${iso.slice(0, 4)} ${iso.slice(11, 19)} +0000`;
}

const DATE_TIME = /^([ \d]\d)-([A-Za-z]{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)$/;

/** Reads a date-time (RFC 3501 §9) to milliseconds since 1970; undefined where it is none. */
export function parseDateTime(text: string): number | undefined {
  const found = DATE_TIME.exec(text);
  if (found === null) return undefined;
  const [, day, month, year, hour, minute, second, sign, zoneHour, zoneMinute] = found;
  const dayMs = utcDay(Number(year), month ?? '', Number(day));
  if (dayMs === undefined || Number(hour) > 23 || Number(minute) > 59) return undefined;
  const seconds = Number(hour) * 3_600 + Number(minute) * 60 + Math.min(59, Number(second));
  const zone = (Number(zoneHour) * 60 + Number(zoneMinute)) * 60;
  return dayMs + (seconds - (sign === '-' ? -zone : zone)) * 1_000;
}

/** Reads a SEARCH date (`1-Feb-1994`) to the start of that day in UTC. */
export function parseDate(text: string): number | undefined {
  const found = /^(\d{1,2})-([A-Za-z]{3})-(\d{4})$/.exec(text);
  return found === null ? undefined : utcDay(Number(found[3]), found[2] ?? '', Number(found[1]));
}

/** The day that a Date field names, as it stands there and without its zone (RFC 3501 §6.4.4), as its start in UTC. */
export function parseSentDay(value: string): number | undefined {
  const found = /(\d{1,2})\s+([A-Za-z]{3})[a-z]*\.?\s+(\d{4}|\d\d)\b/.exec(value);
  if (found === null) return undefined;
  const year = Number(found[3]);
  const full = year < 50 ? year + 2_000 : year < 100 ? year + 1_900 : year;
  return utcDay(full, found[2] ?? '', Number(found[1]));
}

function utcDay(year: number, monthName: string, day: number): number | undefined {
  const month = MONTHS.findIndex((name) => name.toLowerCase() === monthName.toLowerCase());
  if (month < 0) return undefined;
  const date = new Date(Date.UTC(2_000, month, day));
  date.setUTCFullYear(year, month, day);
  return date.getUTCMonth() === month && date.getUTCDate() === day ? date.getTime() : undefined;
}
