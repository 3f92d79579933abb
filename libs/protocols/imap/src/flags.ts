import type { ArgumentReader } from './argument-reader.ts';
import { ImapSyntaxError } from './syntax-error.ts';

/** The flags a client can set on any message (RFC 3501 §2.3.2). */
export const SYSTEM_FLAGS = ['\\Answered', '\\Flagged', '\\Deleted', '\\Seen', '\\Draft'] as const;

/** Flags named in one command. */
export const FLAGS_MAX = 100;
/** Longest keyword. */
export const KEYWORD_MAX_CHARS = 200;

const SYSTEM_BY_LOWER = new Map<string, string>(
  SYSTEM_FLAGS.map((flag) => [flag.toLowerCase(), flag]),
);

/** Flags a client wants to set: system flags in their usual case, keywords as given, each once; `\Recent` is left out. */
export function settableFlags(flags: readonly string[]): string[] {
  const byKey = new Map<string, string>();
  for (const flag of flags) {
    const key = flag.toLowerCase();
    if (key === '\\recent') continue;
    const system = SYSTEM_BY_LOWER.get(key);
    if (system === undefined && flag.startsWith('\\')) {
      throw new ImapSyntaxError(`Unknown system flag ${flag}`);
    }
    if (flag.length > KEYWORD_MAX_CHARS) throw new ImapSyntaxError('Keyword too long');
    if (!byKey.has(key)) byKey.set(key, system ?? flag);
  }
  return [...byKey.values()];
}

/** A flag list in parentheses, or flags with spaces between (STORE takes both). */
export function readFlags(reader: ArgumentReader, bare: boolean): string[] {
  if (!bare || reader.peek() === '(') {
    return settableFlags(reader.list(() => reader.flag(), FLAGS_MAX));
  }
  const flags = [reader.flag()];
  while (reader.take(' ')) {
    if (flags.length >= FLAGS_MAX) throw new ImapSyntaxError('Too many flags');
    flags.push(reader.flag());
  }
  return settableFlags(flags);
}
