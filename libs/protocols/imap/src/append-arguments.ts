import type { ArgumentReader } from './argument-reader.ts';
import { parseDateTime } from './date-time.ts';
import { readFlags } from './flags.ts';
import { ImapSyntaxError } from './syntax-error.ts';

/** APPEND (RFC 3501 §6.3.11). */
export interface AppendArguments {
  readonly mailbox: string;
  readonly flags: readonly string[];
  /** Milliseconds since 1970; undefined: now. */
  readonly internalDateMs: number | undefined;
  readonly message: Buffer;
}

/** Reads what follows `APPEND `. */
export function readAppendArguments(reader: ArgumentReader): AppendArguments {
  const mailbox = reader.mailbox();
  reader.space();
  let flags: string[] = [];
  if (reader.peek() === '(') {
    flags = readFlags(reader, false);
    reader.space();
  }
  let internalDateMs: number | undefined;
  if (reader.peek() === '"') {
    internalDateMs = parseDateTime(reader.string());
    if (internalDateMs === undefined) throw new ImapSyntaxError('Invalid date-time');
    reader.space();
  }
  const message = reader.literal();
  reader.end();
  return { mailbox, flags, internalDateMs, message };
}
