import iconv from 'iconv-lite';

/** Whether text of this charset can be decoded. */
export function isKnownCharset(charset: string): boolean {
  return iconv.encodingExists(charset);
}

/** Octets as text; an unknown charset is read as UTF-8 where that fits, else as windows-1252. Never throws. */
export function decodeCharset(octets: Buffer, charset: string): string {
  const name = charset.trim().toLowerCase();
  if (name !== '' && name !== 'us-ascii' && isKnownCharset(name)) return iconv.decode(octets, name);
  const text = octets.toString('utf8');
  return text.includes('\ufffd') ? iconv.decode(octets, 'windows-1252') : text;
}
