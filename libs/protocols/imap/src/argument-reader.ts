import type { RawCommand } from './command-reader.ts';
import { decodeMailboxName } from './mailbox-name.ts';
import { parseSequenceSet } from './sequence-set.ts';
import type { SequenceSet } from './sequence-set.ts';
import { ImapSyntaxError } from './syntax-error.ts';

/** Lists inside lists. */
export const NESTING_MAX = 50;

const ATOM = /[^\x00-\x20\x7f-\xff(){%*"\\\]]+/y;
const ASTRING_ATOM = /[^\x00-\x20\x7f-\xff(){%*"\\]+/y;
const LIST_ATOM = /[^\x00-\x20\x7f(){"\\]+/y;
const QUOTED = /"((?:[^"\\\r\n\0]|\\["\\])*)"/y;
const FLAG = /\\?[^\x00-\x20\x7f-\xff(){%*"\\\]]+|\\\*/y;
const SET = /[\d:,*]+/y;

/** Reads the arguments of one command from left to right; throws an ImapSyntaxError where they are not as asked. */
export class ArgumentReader {
  readonly #command: RawCommand;
  #line = 0;
  #at = 0;
  #depth = 0;

  constructor(command: RawCommand) {
    this.#command = command;
  }

  get #text(): string {
    return this.#command.lines[this.#line] ?? '';
  }

  /** The next character of the text; empty at its end. A literal begins with `{`. */
  peek(): string {
    return this.#text[this.#at] ?? '';
  }

  /** What matches the (sticky) pattern here. */
  match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found !== null) this.#at = pattern.lastIndex;
    return found ?? undefined;
  }

  /** Takes the text, compared without case, if it is here. */
  take(text: string): boolean {
    const here = this.#text.slice(this.#at, this.#at + text.length);
    if (here.toUpperCase() !== text.toUpperCase()) return false;
    this.#at += text.length;
    return true;
  }

  expect(text: string): void {
    if (!this.take(text)) throw new ImapSyntaxError(`Expected "${text}"`);
  }

  space(): void {
    if (!this.take(' ')) throw new ImapSyntaxError('Missing argument');
  }

  /** Nothing but white space may follow. */
  end(): void {
    this.match(/ */y);
    if (this.#at < this.#text.length || this.#line < this.#command.literals.length) {
      throw new ImapSyntaxError('Unexpected text after the arguments');
    }
  }

  atEnd(): boolean {
    return this.#at >= this.#text.length && this.#line >= this.#command.literals.length;
  }

  tag(): string {
    const found = this.match(/[^\x00-\x20\x7f-\xff(){%*"\\+]+/y);
    if (found === undefined) throw new ImapSyntaxError('Missing tag');
    return found[0];
  }

  /** An atom, in upper case. */
  keyword(): string {
    return this.atom().toUpperCase();
  }

  atom(): string {
    const found = this.match(ATOM);
    if (found === undefined) throw new ImapSyntaxError('Expected an atom');
    return found[0];
  }

  /** A number of up to 32 bits, or up to 2^53 where `big`. */
  number(big = false): number {
    const found = this.match(/\d{1,16}(?!\d)/y);
    const value = found === undefined ? NaN : Number(found[0]);
    if (!(value <= (big ? Number.MAX_SAFE_INTEGER : 0xffff_ffff))) {
      throw new ImapSyntaxError('Expected a number');
    }
    return value;
  }

  sequenceSet(): SequenceSet {
    const set = parseSequenceSet(this.match(SET)?.[0] ?? '');
    if (set === undefined) throw new ImapSyntaxError('Invalid message set');
    return set;
  }

  /** Atom, quoted string or literal, as octets in latin1. */
  astring(): string {
    return this.match(ASTRING_ATOM)?.[0] ?? this.string();
  }

  /** Quoted string or literal, as octets in latin1. */
  string(): string {
    const quoted = this.match(QUOTED);
    if (quoted !== undefined) return (quoted[1] ?? '').replace(/\\(["\\])/g, '$1');
    if (this.peek() === '{') return this.literal().toString('latin1');
    throw new ImapSyntaxError('Expected a string');
  }

  /** A literal's octets. */
  literal(): Buffer {
    const literal = this.#command.literals[this.#line];
    const announced = /\{\d+\+?\}$/y;
    announced.lastIndex = this.#at;
    if (literal === undefined || !announced.test(this.#text)) {
      throw new ImapSyntaxError('Expected a literal');
    }
    this.#line += 1;
    this.#at = 0;
    return literal;
  }

  /** A string, or undefined for NIL. */
  nstring(): string | undefined {
    return this.take('NIL') ? undefined : this.string();
  }

  /** A mailbox name in Unicode; INBOX in any case is INBOX. */
  mailbox(): string {
    const name = decodeMailboxName(this.astring());
    if (name === undefined) throw new ImapSyntaxError('Invalid mailbox name');
    return canonicalName(name);
  }

  /** As `mailbox`, with wildcards; its case is kept. */
  listMailbox(): string {
    const octets = this.match(LIST_ATOM)?.[0] ?? this.string();
    const name = decodeMailboxName(octets);
    if (name === undefined) throw new ImapSyntaxError('Invalid mailbox name');
    return name;
  }

  /** `\Seen` or a keyword. System flags get their usual case. */
  flag(): string {
    const found = this.match(FLAG);
    if (found === undefined) throw new ImapSyntaxError('Expected a flag');
    return found[0];
  }

  /** A list in parentheses, which may be empty unless `atLeastOne`. */
  list<Item>(item: () => Item, itemsMax: number, atLeastOne = false): Item[] {
    this.expect('(');
    const items: Item[] = [];
    this.nested(() => {
      while (this.peek() !== ')') {
        if (items.length > 0) this.space();
        if (items.length >= itemsMax) throw new ImapSyntaxError('Too many items in a list');
        items.push(item());
      }
    });
    this.expect(')');
    if (atLeastOne && items.length === 0) throw new ImapSyntaxError('Empty list');
    return items;
  }

  /** Counts a level of nesting around the call. */
  nested<Value>(inside: () => Value): Value {
    if (this.#depth >= NESTING_MAX) throw new ImapSyntaxError('Nested too deeply');
    this.#depth += 1;
    const value = inside();
    this.#depth -= 1;
    return value;
  }
}

/** INBOX is the same in any case, also as the first level of a name (RFC 3501 §5.1). */
export function canonicalName(name: string): string {
  return /^inbox(?=$|\/)/i.test(name) ? `INBOX${name.slice(5)}` : name;
}
