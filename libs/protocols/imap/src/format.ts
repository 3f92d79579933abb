import { encodeMailboxName } from './mailbox-name.ts';

/** Longer strings are sent as literals. */
const QUOTED_MAX_CHARS = 1_000;

/** A string of octets (latin1) as quoted string where that can be, else as literal. */
export function formatString(text: string): string {
  if (text.length <= QUOTED_MAX_CHARS && /^[\x20-\x7e]*$/.test(text)) return formatQuoted(text);
  const clean = text.replaceAll('\0', '');
  return `{${clean.length}}\r\n${clean}`;
}

/** A string, or NIL. */
export function formatNstring(text: string | null | undefined): string {
  return text === null || text === undefined ? 'NIL' : formatString(text);
}

/** Printable ASCII in quotes. */
export function formatQuoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

/** A mailbox name: in modified UTF-7, quoted where it must be. */
export function formatMailbox(name: string): string {
  const encoded = encodeMailboxName(name);
  return /^[A-Za-z0-9_./&+,-]+$/.test(encoded) && encoded.toUpperCase() !== 'NIL'
    ? encoded
    : formatQuoted(encoded);
}
