import { decodeCharset } from './charset.ts';
import { decodeTransferEncoding } from './transfer-encoding.ts';

const ENCODED_WORD = /=\?([^?\s]{1,80})\?([BbQq])\?([^?]*)\?=/g;

/** A field's value as text: encoded words (RFC 2047) decoded, other octets as UTF-8. For searching only. */
export function decodeHeaderText(value: string): string {
  const joined = value.replace(/(\?=)[ \t\r\n]+(?==\?[^?\s]{1,80}\?[BbQq]\?)/g, '$1');
  let text = '';
  let from = 0;
  for (const found of joined.matchAll(ENCODED_WORD)) {
    text += plain(joined.slice(from, found.index)) + decodeWord(found);
    from = found.index + found[0].length;
  }
  return text + plain(joined.slice(from));
}

function plain(octets: string): string {
  return decodeCharset(Buffer.from(octets, 'latin1'), '');
}

function decodeWord(found: RegExpExecArray): string {
  const [, charset = '', encoding = '', content = ''] = found;
  // RFC 2231 §5: a language may follow the charset.
  const name = charset.split('*')[0] ?? '';
  if (encoding.toUpperCase() === 'B') {
    return decodeCharset(Buffer.from(content, 'base64'), name);
  }
  const spaced = Buffer.from(content.replaceAll('_', ' '), 'latin1');
  return decodeCharset(decodeTransferEncoding(spaced, 'quoted-printable'), name);
}
