import { Refusal } from '../api-error.ts';
import { escapeHtml, escapeUrl } from './escape.ts';
import { evaluate, parseExpression } from './expression.ts';
import type { Expression, Scope } from './expression.ts';

/** Expressions in one template. */
const EXPRESSIONS_MAX = 10_000;

type Escape = 'none' | 'html' | 'url';

interface Piece {
  readonly expression: Expression;
  readonly escape: Escape;
  /** The fixed text that follows. */
  readonly after: string;
  readonly line: number;
}

/**
 * SparkPost's template language as far as it has no logic: `{{name}}`, `{{a.b}}`, `{{a['b'][1]}}`, `{{a or 'x'}}`.
 * What is put into HTML is escaped, and encoded in a link, but not in `{{{name}}}`. All else is refused, with code
 * 3000, so that nothing is sent that would have to be read otherwise.
 */
export class Template {
  readonly #part: string;
  readonly #before: string;
  readonly #pieces: readonly Piece[];

  private constructor(part: string, before: string, pieces: readonly Piece[]) {
    this.#part = part;
    this.#before = before;
    this.#pieces = pieces;
  }

  /** `part` is named in errors: `html`, `text`, `Header:Subject`. Throws a Refusal. */
  static compile(source: string, part: string): Template {
    const open = source.indexOf('{{');
    if (open < 0) return Template.fixed(source, part);
    return new Template(part, source.slice(0, open), compilePieces(source, open, part));
  }

  /** A text in which nothing is substituted. */
  static fixed(source: string, part: string): Template {
    return new Template(part, source, []);
  }

  /** The text, where it is the same for everyone. */
  get constant(): string | undefined {
    return this.#pieces.length === 0 ? this.#before : undefined;
  }

  /** Throws a Refusal where a value is no text. */
  render(scope: Scope): string {
    let text = this.#before;
    for (const { expression, escape, after, line } of this.#pieces) {
      const value = textOf(evaluate(expression, scope));
      if (value === undefined) {
        throw new Refusal('3001', 'an object or an array where a text is needed', {
          part: this.#part,
          line,
        });
      }
      text += escaped(value, escape) + after;
    }
    return text;
  }
}

function compilePieces(source: string, firstOpen: number, part: string): Piece[] {
  const pieces: Piece[] = [];
  let open = firstOpen;
  let link = isInLink(source.slice(0, open), false);
  let line = 1 + countLines(source.slice(0, open));
  while (open >= 0) {
    const raw = source.startsWith('{{{', open);
    const { expression, end } = compileExpression(source, open, raw, { part, line });
    const next = source.indexOf('{{', end);
    const after = source.slice(end, next < 0 ? source.length : next);
    const inText: Escape = part === 'text' || part.startsWith('Header:') ? 'none' : 'html';
    const escape = raw ? 'none' : link && !part.startsWith('Header:') ? 'url' : inText;
    pieces.push({ expression, escape, after, line });
    if (pieces.length > EXPRESSIONS_MAX) {
      throw new Refusal('3000', `more than ${EXPRESSIONS_MAX} expressions`, { part, line });
    }
    link = isInLink(after, link);
    line += countLines(source.slice(open, end)) + countLines(after);
    open = next;
  }
  return pieces;
}

function compileExpression(
  source: string,
  open: number,
  raw: boolean,
  place: { readonly part: string; readonly line: number },
): { readonly expression: Expression; readonly end: number } {
  const wrong = (reason: string): Refusal => {
    const where = place.part.startsWith('Header:')
      ? `header ${place.part.slice('Header:'.length)}`
      : `part ${place.part}`;
    return new Refusal(
      '3000',
      `Error while compiling ${where}: line ${place.line}: ${reason}`,
      place,
    );
  };
  const parsed = parseExpression(source, open + (raw ? 3 : 2));
  if (parsed.kind === 'wrong') throw wrong(parsed.reason);
  const close = raw ? '}}}' : '}}';
  if (source.startsWith(close, parsed.end)) {
    return { expression: parsed.expression, end: parsed.end + close.length };
  }
  const near = source.slice(parsed.end, parsed.end + 12);
  throw wrong(
    near === ''
      ? `substitution statement missing ending '${close}'`
      : `syntax error near '${near}'`,
  );
}

/** Whether a text ends inside a link that it begins, or that was begun before it. */
function isInLink(text: string, before: boolean): boolean {
  const boundary = Math.max(...LINK_ENDS.map((end) => text.lastIndexOf(end)));
  if (boundary < 0 && before) return true;
  return /https?:\/\//i.test(text.slice(boundary + 1));
}

const LINK_ENDS = [' ', '\t', '\n', '\r', '"', "'", '<', '>'];

function countLines(text: string): number {
  return text.split('\n').length - 1;
}

function textOf(value: unknown): string | undefined {
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}

function escaped(value: string, escape: Escape): string {
  if (escape === 'none') return value;
  return escape === 'html' ? escapeHtml(value) : escapeUrl(value);
}
