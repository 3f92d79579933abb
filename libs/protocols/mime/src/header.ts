/** A field of a header, as offsets into it. */
export interface HeaderField {
  /** Lower case, without the colon. */
  readonly name: string;
  readonly start: number;
  /** After the colon. */
  readonly valueStart: number;
  /** After the line end of its last line. */
  readonly end: number;
}

/** Fields looked at in one header; what comes after them is not analysed. */
export const HEADER_FIELDS_MAX = 10_000;

const LF = 10;
const CR = 13;
const FIRST_WINDOW_BYTES = 4_096;

/**
 * Where the header that starts at `start` ends: after the empty line, or at `end` where there is none. Lines may end
 * with CRLF or LF.
 */
export function headerEnd(raw: Buffer, start: number, end: number): number {
  const first = emptyLineEnd(raw, start, end);
  if (first !== undefined) return first;
  let from = start;
  let windowBytes = FIRST_WINDOW_BYTES;
  while (from < end) {
    const to = Math.min(end, from + windowBytes);
    const found = emptyLineWithin(raw.subarray(from, to));
    if (found !== undefined) return from + found;
    if (to === end) return end;
    from = to - 2;
    windowBytes *= 2;
  }
  return end;
}

function emptyLineEnd(raw: Buffer, start: number, end: number): number | undefined {
  if (start >= end) return start;
  if (raw[start] === LF) return start + 1;
  if (raw[start] === CR && raw[start + 1] === LF && start + 2 <= end) return start + 2;
  return undefined;
}

function emptyLineWithin(window: Buffer): number | undefined {
  const crlf = window.indexOf('\n\r\n');
  const bare = (crlf < 0 ? window : window.subarray(0, crlf + 1)).indexOf('\n\n');
  if (bare >= 0) return bare + 2;
  return crlf < 0 ? undefined : crlf + 3;
}

/** The fields of a header in latin1 (so that offsets are octets), in order. Lines that are no field are passed over. */
export function headerFields(header: string, fieldsMax = HEADER_FIELDS_MAX): HeaderField[] {
  const fields: HeaderField[] = [];
  let start = 0;
  while (start < header.length && fields.length < fieldsMax) {
    const end = fieldEnd(header, start);
    const colon = header.indexOf(':', start);
    const name =
      colon < 0 || colon >= end ? '' : header.slice(start, colon).trimEnd().toLowerCase();
    if (/^[\x21-\x7e]+$/.test(name)) fields.push({ name, start, valueStart: colon + 1, end });
    start = end;
  }
  return fields;
}

function fieldEnd(header: string, start: number): number {
  let end = header.indexOf('\n', start) + 1;
  while (end > 0 && end < header.length && (header[end] === ' ' || header[end] === '\t')) {
    end = header.indexOf('\n', end) + 1;
  }
  return end === 0 ? header.length : end;
}

/** A field's value without line ends (RFC 5322 §2.2.3), NUL and space around it. */
export function unfold(header: string, field: HeaderField): string {
  return header
    .slice(field.valueStart, field.end)
    .replace(/[\r\n\0]+/g, '')
    .trim();
}
