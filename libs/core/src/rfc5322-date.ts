let lastSecond = Number.NaN;
let lastText = '';

/** A time in milliseconds since 1970 as a header's date, in UTC (RFC 5322 §3.3). Made once a second. */
export function rfc5322Date(atMs: number): string {
  const second = Math.floor(atMs / 1000);
  if (second !== lastSecond) {
    lastSecond = second;
    lastText = new Date(atMs).toUTCString().replace('GMT', '+0000');
  }
  return lastText;
}
