const TAB = 9;
const LF = 10;
const CR = 13;
const SPACE = 32;
const EQUALS = 61;
/** Octets of a line without its CRLF (RFC 2045 §6.7, rule 5), the `=` of a soft line break included. */
const LINE_MAX_BYTES = 76;
const HEX = Buffer.from('0123456789ABCDEF', 'latin1');

/**
 * Quoted-printable (RFC 2045 §6.7) of a text with CRLF line ends. In one pass, since it is done once for each
 * recipient; a dot at the start of a line and `From ` are left, as SMTP and its clients deal with the first.
 */
export function encodeQuotedPrintable(text: Buffer): Buffer {
  // Three octets for each, and soft line breaks of three octets every 73 at least.
  const out = Buffer.allocUnsafe(text.length * 3 + Math.ceil((text.length * 3) / 73) * 3);
  let to = 0;
  let column = 0;
  for (let i = 0; i < text.length; i++) {
    const octet = text[i]!;
    if (octet === CR && text[i + 1] === LF) {
      out[to++] = CR;
      out[to++] = LF;
      column = 0;
      i += 1;
      continue;
    }
    const plain = isPlain(octet, text[i + 1]);
    const width = plain ? 1 : 3;
    if (column + width > LINE_MAX_BYTES - 1 && !endsLine(text, i, column + width)) {
      out[to++] = EQUALS;
      out[to++] = CR;
      out[to++] = LF;
      column = 0;
    }
    if (plain) out[to++] = octet;
    else {
      out[to++] = EQUALS;
      out[to++] = HEX[octet >> 4]!;
      out[to++] = HEX[octet & 15]!;
    }
    column += width;
  }
  return Buffer.from(out.subarray(0, to));
}

/** Space at the end of a line would be lost on the way (rule 3). */
function isPlain(octet: number, next: number | undefined): boolean {
  if (octet === SPACE || octet === TAB) return next !== undefined && next !== CR;
  return octet > SPACE && octet < 127 && octet !== EQUALS;
}

/** Whether the octet is the last of its line and still fits. */
function endsLine(text: Buffer, at: number, column: number): boolean {
  return column <= LINE_MAX_BYTES && (at + 1 === text.length || text[at + 1] === CR);
}
