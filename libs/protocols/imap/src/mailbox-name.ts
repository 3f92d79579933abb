/** Longest mailbox name, in characters. */
export const MAILBOX_NAME_MAX_CHARS = 500;

/** A mailbox name as IMAP4rev1 writes it: modified UTF-7 (RFC 3501 §5.1.3). */
export function encodeMailboxName(name: string): string {
  return name.replace(/&|[^\x20-\x7e]+/g, (run) => {
    if (run === '&') return '&-';
    const utf16 = Buffer.from(run, 'utf16le').swap16();
    return `&${utf16.toString('base64').replace(/=+$/, '').replaceAll('/', ',')}-`;
  });
}

/**
 * The name that was meant. Undefined where it is no modified UTF-7, has control characters, or an unpaired
 * surrogate. Raw UTF-8, which some clients send, is taken as it is. `octets` is latin1.
 */
export function decodeMailboxName(octets: string): string | undefined {
  const decoded = /[\x80-\xff]/.test(octets)
    ? Buffer.from(octets, 'latin1').toString('utf8')
    : decodeUtf7(octets);
  if (decoded === undefined || decoded.includes('\ufffd')) return undefined;
  if (/[\x00-\x1f\x7f\u2028\u2029]/.test(decoded) || !decoded.isWellFormed()) return undefined;
  const name = decoded.normalize('NFC');
  return name.length > MAILBOX_NAME_MAX_CHARS ? undefined : name;
}

function decodeUtf7(text: string): string | undefined {
  let failed = false;
  const decoded = text.replace(/&([^-]*)(-?)/g, (_: string, base64: string, end: string) => {
    if (base64 === '' && end !== '') return '&';
    const octets = Buffer.from(base64.replaceAll(',', '/'), 'base64');
    if (end === '' || !/^[A-Za-z0-9+,]+$/.test(base64) || octets.length % 2 !== 0) {
      failed = true;
      return '';
    }
    return octets.swap16().toString('utf16le');
  });
  return failed ? undefined : decoded;
}
