import type { ArgumentReader } from './argument-reader.ts';
import { readFlags } from './flags.ts';
import type { SequenceSet } from './sequence-set.ts';
import { ImapSyntaxError } from './syntax-error.ts';

/** STORE (RFC 3501 §6.4.6). */
export interface StoreArguments {
  readonly set: SequenceSet;
  readonly change: 'add' | 'remove' | 'set';
  readonly silent: boolean;
  readonly flags: readonly string[];
}

/** Reads what follows `STORE `. */
export function readStoreArguments(reader: ArgumentReader): StoreArguments {
  const set = reader.sequenceSet();
  reader.space();
  const found = reader.match(/([+-]?)FLAGS(\.SILENT)? (?=.)/iy);
  if (found === undefined) throw new ImapSyntaxError('Unknown STORE item');
  const change = found[1] === '+' ? 'add' : found[1] === '-' ? 'remove' : 'set';
  const flags = readFlags(reader, true);
  reader.end();
  return { set, change, silent: found[2] !== undefined, flags };
}
