import type { ArgumentReader } from './argument-reader.ts';
import { ImapSyntaxError } from './syntax-error.ts';

/** What STATUS can tell (RFC 3501 §6.3.10). */
export const STATUS_ITEMS = ['MESSAGES', 'RECENT', 'UIDNEXT', 'UIDVALIDITY', 'UNSEEN'] as const;
export type StatusItem = (typeof STATUS_ITEMS)[number];

/** Reads the items in parentheses. */
export function readStatusItems(reader: ArgumentReader): StatusItem[] {
  return reader.list(
    () => {
      const word = reader.keyword();
      const item = STATUS_ITEMS.find((known) => known === word);
      if (item === undefined) throw new ImapSyntaxError('Unknown STATUS item');
      return item;
    },
    20,
    true,
  );
}
