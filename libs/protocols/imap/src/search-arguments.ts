import { decodeCharset, isKnownCharset } from '@staffetta/mime';
import type { ArgumentReader } from './argument-reader.ts';
import { parseDate } from './date-time.ts';
import type { SequenceSet } from './sequence-set.ts';
import { ImapSyntaxError } from './syntax-error.ts';

/** What a message has to be (RFC 3501 §6.4.4). Texts are in lower case. */
export type SearchKey =
  | { readonly kind: 'all' }
  | { readonly kind: 'recent' }
  /** The flag or keyword, in lower case, is set. */
  | { readonly kind: 'flag'; readonly flag: string }
  | {
      readonly kind: 'internal-date' | 'sent-date';
      readonly is: 'before' | 'on' | 'since';
      /** The day's start in UTC. */
      readonly dayMs: number;
    }
  | { readonly kind: 'size'; readonly is: 'larger' | 'smaller'; readonly sizeBytes: number }
  | { readonly kind: 'header'; readonly name: string; readonly text: string }
  | { readonly kind: 'body' | 'text'; readonly text: string }
  | { readonly kind: 'sequence' | 'uid'; readonly set: SequenceSet }
  | { readonly kind: 'not'; readonly key: SearchKey }
  | { readonly kind: 'and' | 'or'; readonly keys: readonly SearchKey[] };

/** Keys of one SEARCH. */
export const SEARCH_KEYS_MAX = 1_000;

const FLAG_KEYS = new Set(['ANSWERED', 'DELETED', 'DRAFT', 'FLAGGED', 'SEEN']);
const HEADER_KEYS = new Set(['BCC', 'CC', 'FROM', 'SUBJECT', 'TO']);

/** Reads what follows `SEARCH `: one key that all of it must match, or the charset that is not known. */
export function readSearchArguments(
  reader: ArgumentReader,
): SearchKey | { readonly kind: 'unknown-charset'; readonly charset: string } {
  let charset = '';
  if (reader.match(/CHARSET (?=.)/iy) !== undefined) {
    charset = reader.astring();
    reader.space();
    if (!isKnownCharset(charset)) return { kind: 'unknown-charset', charset };
  }
  const keys = new KeyReader(reader, charset).keys('');
  reader.end();
  return { kind: 'and', keys };
}

class KeyReader {
  readonly #reader: ArgumentReader;
  readonly #charset: string;
  #count = 0;

  constructor(reader: ArgumentReader, charset: string) {
    this.#reader = reader;
    this.#charset = charset;
  }

  /** Keys with a space between, up to the given text or the end. */
  keys(end: string): SearchKey[] {
    const keys = [this.#key()];
    while (this.#reader.peek() !== end && this.#reader.match(/ +(?=[^ ])/y) !== undefined) {
      keys.push(this.#key());
    }
    return keys;
  }

  #key(): SearchKey {
    if (++this.#count > SEARCH_KEYS_MAX) throw new ImapSyntaxError('Too many search keys');
    return this.#reader.nested(() => this.#keyHere());
  }

  #keyHere(): SearchKey {
    const reader = this.#reader;
    if (reader.take('(')) {
      const keys = this.keys(')');
      reader.expect(')');
      return { kind: 'and', keys };
    }
    if (/[\d*]/.test(reader.peek())) return { kind: 'sequence', set: reader.sequenceSet() };
    const word = reader.keyword();
    return this.#withoutArgument(word) ?? this.#withArgument(word);
  }

  #withoutArgument(word: string): SearchKey | undefined {
    if (FLAG_KEYS.has(word)) return flag(word);
    if (word.startsWith('UN') && FLAG_KEYS.has(word.slice(2))) return not(flag(word.slice(2)));
    if (word === 'ALL') return { kind: 'all' };
    if (word === 'RECENT') return { kind: 'recent' };
    if (word === 'OLD') return not({ kind: 'recent' });
    if (word === 'NEW') return { kind: 'and', keys: [{ kind: 'recent' }, not(flag('SEEN'))] };
    return undefined;
  }

  #withArgument(word: string): SearchKey {
    const reader = this.#reader;
    reader.space();
    if (HEADER_KEYS.has(word)) return this.#header(word.toLowerCase());
    switch (word) {
      case 'NOT':
        return not(this.#key());
      case 'OR': {
        const first = this.#key();
        reader.space();
        return { kind: 'or', keys: [first, this.#key()] };
      }
      case 'HEADER': {
        const name = reader.astring().toLowerCase();
        reader.space();
        return this.#header(name);
      }
      case 'BODY':
      case 'TEXT':
        return { kind: word === 'BODY' ? 'body' : 'text', text: this.#text() };
      case 'UID':
        return { kind: 'uid', set: reader.sequenceSet() };
      case 'KEYWORD':
        return { kind: 'flag', flag: reader.flag().toLowerCase() };
      case 'UNKEYWORD':
        return not({ kind: 'flag', flag: reader.flag().toLowerCase() });
      case 'LARGER':
      case 'SMALLER':
        return {
          kind: 'size',
          is: word === 'LARGER' ? 'larger' : 'smaller',
          sizeBytes: reader.number(true),
        };
      default:
        return this.#date(word);
    }
  }

  #date(word: string): SearchKey {
    const found = /^(SENT)?(BEFORE|ON|SINCE)$/.exec(word);
    if (found === null) throw new ImapSyntaxError('Unknown search key');
    const dayMs = parseDate(this.#reader.astring());
    if (dayMs === undefined) throw new ImapSyntaxError('Expected a date');
    const is = found[2]?.toLowerCase() as 'before' | 'on' | 'since';
    return { kind: found[1] === undefined ? 'internal-date' : 'sent-date', is, dayMs };
  }

  #header(name: string): SearchKey {
    return { kind: 'header', name, text: this.#text() };
  }

  #text(): string {
    const octets = Buffer.from(this.#reader.astring(), 'latin1');
    return decodeCharset(octets, this.#charset).toLowerCase();
  }
}

function not(key: SearchKey): SearchKey {
  return { kind: 'not', key };
}

function flag(word: string): SearchKey {
  return { kind: 'flag', flag: `\\${word.toLowerCase()}` };
}
