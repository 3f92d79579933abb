/** RFC 2045 §6.7 and §6.8: at most 76 characters a line. */
const LINE_MAX_CHARS = 76;

const HEX = Buffer.from('0123456789ABCDEF');
const TAB = 9;
const LF = 10;
const CR = 13;
const SPACE = 32;
const EQUALS = 61;

/** Quoted-printable of text; CRLF stays a line end, everything else comes back exactly as it was. */
export function quotedPrintable(content: Buffer): Buffer {
  // Three octets each, and a soft line break of three for each line that holds at least 73.
  const result = Buffer.allocUnsafe(content.length * 3 + Math.ceil((content.length * 3) / 73) * 3);
  let to = 0;
  let lineAt = 0;
  for (let at = 0; at < content.length; at += 1) {
    const octet = content[at]!;
    if (octet === CR && content[at + 1] === LF) {
      result[to++] = CR;
      result[to++] = LF;
      lineAt = to;
      at += 1;
      continue;
    }
    const ends = at + 1 === content.length || (content[at + 1] === CR && content[at + 2] === LF);
    const plain = isPlain(octet, ends);
    // One column is kept for the soft line break.
    if (to - lineAt + (plain ? 1 : 3) > LINE_MAX_CHARS - 1) {
      result[to++] = EQUALS;
      result[to++] = CR;
      result[to++] = LF;
      lineAt = to;
    }
    if (plain) {
      result[to++] = octet;
    } else {
      result[to++] = EQUALS;
      result[to++] = HEX[octet >> 4]!;
      result[to++] = HEX[octet & 15]!;
    }
  }
  return result.subarray(0, to);
}

/** Base64 in lines; a line end after each. */
export function base64Lines(content: Buffer): Buffer {
  const text = content.toString('base64');
  const lines: string[] = [];
  for (let at = 0; at < text.length; at += LINE_MAX_CHARS)
    lines.push(text.slice(at, at + LINE_MAX_CHARS));
  lines.push('');
  return Buffer.from(lines.join('\r\n'), 'latin1');
}

function isPlain(octet: number, lineEnds: boolean): boolean {
  if (octet === SPACE || octet === TAB) return !lineEnds;
  return octet > SPACE && octet < 127 && octet !== EQUALS;
}
