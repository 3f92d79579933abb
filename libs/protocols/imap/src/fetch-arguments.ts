import type { ArgumentReader } from './argument-reader.ts';
import type { Section } from './section.ts';
import type { SequenceSet } from './sequence-set.ts';
import { ImapSyntaxError } from './syntax-error.ts';

/** Octets of a section: at most so many from an offset. */
export interface Partial {
  readonly offset: number;
  readonly lengthBytes: number;
}

/** One thing that FETCH asks for (RFC 3501 §6.4.5). */
export type FetchItem =
  | {
      readonly kind:
        'flags' | 'uid' | 'internaldate' | 'size' | 'envelope' | 'body' | 'bodystructure';
    }
  | {
      readonly kind: 'section';
      /** How the response names it. */
      readonly label: string;
      readonly section: Section;
      readonly partial: Partial | undefined;
      /** Whether asking for it sets `\Seen`. */
      readonly marksSeen: boolean;
    };

/** FETCH: which messages, and what of each. */
export interface FetchArguments {
  readonly set: SequenceSet;
  readonly items: readonly FetchItem[];
}

/** Items of one FETCH. */
export const FETCH_ITEMS_MAX = 1_000;
/** Header names in one item. */
export const HEADER_NAMES_MAX = 1_000;

const MACROS: ReadonlyMap<string, readonly FetchItem[]> = new Map([
  ['ALL', simple('flags', 'internaldate', 'size', 'envelope')],
  ['FAST', simple('flags', 'internaldate', 'size')],
  ['FULL', simple('flags', 'internaldate', 'size', 'envelope', 'body')],
]);

const SIMPLE: ReadonlyMap<string, readonly FetchItem[]> = new Map([
  ['FLAGS', simple('flags')],
  ['UID', simple('uid')],
  ['INTERNALDATE', simple('internaldate')],
  ['RFC822.SIZE', simple('size')],
  ['ENVELOPE', simple('envelope')],
  ['BODYSTRUCTURE', simple('bodystructure')],
  ['RFC822', [whole('RFC822', 'content', true)]],
  ['RFC822.HEADER', [whole('RFC822.HEADER', 'header', false)]],
  ['RFC822.TEXT', [whole('RFC822.TEXT', 'text', true)]],
]);

function simple(...kinds: Exclude<FetchItem['kind'], 'section'>[]): FetchItem[] {
  return kinds.map((kind) => ({ kind }));
}

function whole(label: string, what: Section['what'], marksSeen: boolean): FetchItem {
  const section = { part: [], what, fields: [] };
  return { kind: 'section', label, section, partial: undefined, marksSeen };
}

/** Reads what follows `FETCH `. */
export function readFetchArguments(reader: ArgumentReader): FetchArguments {
  const set = reader.sequenceSet();
  reader.space();
  const items =
    reader.peek() === '('
      ? reader.list(() => readItem(reader), FETCH_ITEMS_MAX, true).flat()
      : (readMacro(reader) ?? readItem(reader));
  reader.end();
  return { set, items };
}

function readMacro(reader: ArgumentReader): readonly FetchItem[] | undefined {
  return MACROS.get(reader.match(/(?:ALL|FAST|FULL)(?= *$)/iy)?.[0].toUpperCase() ?? '');
}

function readItem(reader: ArgumentReader): readonly FetchItem[] {
  const name = reader.match(/[A-Za-z0-9.]+/y)?.[0].toUpperCase() ?? '';
  const isBody = name === 'BODY' || name === 'BODY.PEEK';
  if (isBody && reader.peek() === '[') return [readSectionItem(reader, name === 'BODY')];
  if (name === 'BODY') return simple('body');
  const items = SIMPLE.get(name);
  if (items === undefined) throw new ImapSyntaxError('Unknown FETCH item');
  return items;
}

function readSectionItem(reader: ArgumentReader, marksSeen: boolean): FetchItem {
  reader.expect('[');
  const { section, text } = readSection(reader);
  reader.expect(']');
  const partial = readPartial(reader);
  const origin = partial === undefined ? '' : `<${partial.offset}>`;
  return { kind: 'section', label: `BODY[${text}]${origin}`, section, partial, marksSeen };
}

function readSection(reader: ArgumentReader): { readonly section: Section; readonly text: string } {
  const numbers = reader.match(/[1-9]\d{0,8}(?:\.[1-9]\d{0,8}){0,200}/y)?.[0] ?? '';
  const part = numbers === '' ? [] : numbers.split('.').map(Number);
  if (part.length > 0 && !reader.take('.')) {
    return { section: { part, what: 'content', fields: [] }, text: numbers };
  }
  const word = reader.match(/[A-Za-z.]+/y)?.[0].toUpperCase() ?? '';
  const before = numbers === '' ? '' : `${numbers}.`;
  if (word.startsWith('HEADER.FIELDS')) return readHeaderFields(reader, part, before, word);
  const what = word === '' && before === '' ? 'content' : WORDS.get(word);
  if (what === undefined || (what === 'mime' && part.length === 0)) {
    throw new ImapSyntaxError('Unknown section');
  }
  return { section: { part, what, fields: [] }, text: before + word };
}

const WORDS = new Map<string, Section['what']>([
  ['HEADER', 'header'],
  ['TEXT', 'text'],
  ['MIME', 'mime'],
]);

function readHeaderFields(
  reader: ArgumentReader,
  part: readonly number[],
  before: string,
  word: string,
): { readonly section: Section; readonly text: string } {
  const what =
    word === 'HEADER.FIELDS' ? 'fields' : word === 'HEADER.FIELDS.NOT' ? 'fields-not' : undefined;
  if (what === undefined) throw new ImapSyntaxError('Unknown section');
  reader.space();
  const names = reader.list(() => reader.astring(), HEADER_NAMES_MAX, true);
  const shown = names.map((name) =>
    /^[^\x00-\x20\x7f-\xff(){%*"\\\]]+$/.test(name)
      ? name
      : `"${name.replace(/[\r\n\0]/g, '').replace(/(["\\])/g, '\\$1')}"`,
  );
  const fields = names.map((name) => name.toLowerCase());
  return { section: { part, what, fields }, text: `${before}${word} (${shown.join(' ')})` };
}

function readPartial(reader: ArgumentReader): Partial | undefined {
  if (!reader.take('<')) return undefined;
  const offset = reader.number();
  reader.expect('.');
  const lengthBytes = reader.number();
  reader.expect('>');
  if (lengthBytes === 0) throw new ImapSyntaxError('Expected a number above 0');
  return { offset, lengthBytes };
}
