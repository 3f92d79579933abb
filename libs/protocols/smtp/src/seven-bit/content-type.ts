/** What the conversion has to know of a Content-Type field (RFC 2045 §5.1). */
export interface ContentType {
  /** In lower case. */
  readonly type: string;
  readonly subtype: string;
  readonly boundary: string | undefined;
}

const TYPE = /^\s*([!#$%&'*+.^_`{|}~0-9A-Za-z-]+)\s*\/\s*([!#$%&'*+.^_`{|}~0-9A-Za-z-]+)/;
const BOUNDARY = /;\s*boundary\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))/i;

/** Reads an unfolded value; undefined where it is none. */
export function parseContentType(value: string): ContentType | undefined {
  const match = TYPE.exec(value);
  if (match === null) return undefined;
  const boundary = BOUNDARY.exec(value);
  return {
    type: match[1]!.toLowerCase(),
    subtype: match[2]!.toLowerCase(),
    boundary: boundary?.[1]?.replace(/\\(.)/g, '$1') ?? boundary?.[2],
  };
}
