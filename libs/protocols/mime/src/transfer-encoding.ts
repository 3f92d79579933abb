/** Undoes a Content-Transfer-Encoding, as far as it can be read; an unknown one is left as it is. */
export function decodeTransferEncoding(octets: Buffer, encoding: string): Buffer {
  if (encoding === 'base64') return Buffer.from(octets.toString('latin1'), 'base64');
  if (encoding === 'quoted-printable') return decodeQuotedPrintable(octets);
  return octets;
}

/** RFC 2045 §6.7. */
function decodeQuotedPrintable(octets: Buffer): Buffer {
  const text = octets
    .toString('latin1')
    .replace(/[ \t]+(?=\r?\n|$)/g, '')
    .replace(/=\r?\n/g, '')
    .replace(/=([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(text, 'latin1');
}
