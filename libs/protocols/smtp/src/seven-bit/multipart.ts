/** A part between two delimiter lines, and the delimiter line before it. */
export interface Part {
  /** `--boundary` with what follows on its line, line end included. */
  readonly delimiter: Buffer;
  readonly content: Buffer;
}

/** A multipart body (RFC 2046 §5.1.1). */
export interface Multipart {
  readonly preamble: Buffer;
  readonly parts: readonly Part[];
  /** The close delimiter with its line, empty where it is missing. */
  readonly close: Buffer;
  readonly epilogue: Buffer;
}

const CRLF = Buffer.from('\r\n');
const BLANK_OR_END = /^[ \t]*$/;

interface Delimiter {
  /** Of the hyphens, and of what follows the line. */
  readonly at: number;
  readonly after: number;
  readonly closes: boolean;
}

/** Cuts a multipart body; undefined where it has no part, or more than `partsMax`. */
export function splitMultipart(
  body: Buffer,
  boundary: string,
  partsMax: number,
): Multipart | undefined {
  const dashes = Buffer.from(`--${boundary}`, 'latin1');
  let delimiter = nextDelimiter(body, dashes, 0);
  if (delimiter === undefined || delimiter.closes) return undefined;
  const preamble = body.subarray(0, delimiter.at);
  const parts: Part[] = [];
  while (delimiter !== undefined && !delimiter.closes) {
    if (parts.length === partsMax) return undefined;
    const next = nextDelimiter(body, dashes, delimiter.after);
    // The line end before a delimiter line belongs to the delimiter.
    const end = next === undefined ? body.length : Math.max(delimiter.after, next.at - 2);
    parts.push({
      delimiter: body.subarray(delimiter.at, delimiter.after),
      content: body.subarray(delimiter.after, end),
    });
    delimiter = next;
  }
  if (delimiter === undefined)
    return { preamble, parts, close: Buffer.alloc(0), epilogue: Buffer.alloc(0) };
  const close = body.subarray(delimiter.at, delimiter.after);
  return { preamble, parts, close, epilogue: body.subarray(delimiter.after) };
}

/** The first delimiter line that begins at or after `from`, which is the beginning of a line. */
function nextDelimiter(body: Buffer, dashes: Buffer, from: number): Delimiter | undefined {
  for (let at = body.indexOf(dashes, from); at >= 0; at = body.indexOf(dashes, at + 1)) {
    if (at !== from && !(body[at - 1] === 10 && body[at - 2] === 13)) continue;
    const lineEnd = body.indexOf(CRLF, at);
    const end = lineEnd < 0 ? body.length : lineEnd;
    const rest = body.toString('latin1', at + dashes.length, end);
    const closes = rest.startsWith('--');
    if (!BLANK_OR_END.test(closes ? rest.slice(2) : rest)) continue;
    return { at, after: lineEnd < 0 ? body.length : lineEnd + 2, closes };
  }
  return undefined;
}
