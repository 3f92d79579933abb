import type { ArgumentReader } from './argument-reader.ts';
import { readStatusItems } from './status-items.ts';
import type { StatusItem } from './status-items.ts';
import { ImapSyntaxError } from './syntax-error.ts';

/** LIST with RFC 5258, 5819 and 6154. */
export interface ListArguments {
  readonly reference: string;
  readonly patterns: readonly string[];
  readonly select: {
    readonly subscribed: boolean;
    readonly recursiveMatch: boolean;
    readonly specialUse: boolean;
  };
  readonly give: {
    readonly subscribed: boolean;
    readonly children: boolean;
    readonly specialUse: boolean;
    readonly status: readonly StatusItem[];
  };
  /** An extended form was used. */
  readonly extended: boolean;
}

/** Patterns of one LIST. */
export const PATTERNS_MAX = 100;
const OPTIONS_MAX = 20;

/** Reads what follows `LIST `. */
export function readListArguments(reader: ArgumentReader): ListArguments {
  const hasSelection = reader.peek() === '(';
  const selection = hasSelection ? reader.list(() => reader.keyword(), OPTIONS_MAX) : [];
  if (hasSelection) reader.space();
  const reference = reader.mailbox();
  reader.space();
  const many = reader.peek() === '(';
  const patterns = many
    ? reader.list(() => reader.listMailbox(), PATTERNS_MAX, true)
    : [reader.listMailbox()];
  const returned = reader.take(' ') ? readReturn(reader) : undefined;
  reader.end();
  const has = selected(selection);
  return {
    reference,
    patterns,
    select: {
      subscribed: has('SUBSCRIBED'),
      recursiveMatch: has('RECURSIVEMATCH'),
      specialUse: has('SPECIAL-USE'),
    },
    give: {
      subscribed: has('SUBSCRIBED') || returned?.words.includes('SUBSCRIBED') === true,
      children: returned?.words.includes('CHILDREN') === true,
      specialUse: has('SPECIAL-USE') || returned?.words.includes('SPECIAL-USE') === true,
      status: returned?.status ?? [],
    },
    extended: hasSelection || many || returned !== undefined,
  };
}

const SELECTIONS = new Set(['SUBSCRIBED', 'REMOTE', 'RECURSIVEMATCH', 'SPECIAL-USE']);

function selected(selection: readonly string[]): (option: string) => boolean {
  if (selection.some((option) => !SELECTIONS.has(option))) {
    throw new ImapSyntaxError('Unknown selection option');
  }
  const others = selection.filter((option) => option !== 'RECURSIVEMATCH' && option !== 'REMOTE');
  if (selection.includes('RECURSIVEMATCH') && others.length === 0) {
    throw new ImapSyntaxError('RECURSIVEMATCH needs another selection option');
  }
  return (option) => selection.includes(option);
}

function readReturn(reader: ArgumentReader): {
  readonly words: readonly string[];
  readonly status: readonly StatusItem[];
} {
  reader.expect('RETURN ');
  let status: readonly StatusItem[] = [];
  const words = reader.list(() => {
    const word = reader.keyword();
    if (word === 'STATUS') {
      reader.space();
      status = readStatusItems(reader);
    } else if (!['SUBSCRIBED', 'CHILDREN', 'SPECIAL-USE'].includes(word)) {
      throw new ImapSyntaxError('Unknown return option');
    }
    return word;
  }, OPTIONS_MAX);
  return { words, status };
}
