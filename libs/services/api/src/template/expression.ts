import type { Fields } from '../read/fields.ts';

/** What a recipient's expressions are looked up in. */
export interface Scope {
  /** Names that the relay gives, like `address.email`; looked up whole. */
  readonly reserved: Map<string, string>;
  /** The first that has a path's first name answers for the path. */
  readonly data: readonly Fields[];
}

/** A path to a value, or a value. */
type Operand =
  | { readonly kind: 'path'; readonly steps: readonly (string | number)[] }
  | { readonly kind: 'literal'; readonly value: unknown };

/** Operands joined by `or`: the first that is neither nil nor false. */
export type Expression = readonly Operand[];

/** An expression and where it ended, or what is wrong with it. */
export type ParsedExpression =
  | { readonly kind: 'ok'; readonly expression: Expression; readonly end: number }
  | { readonly kind: 'wrong'; readonly reason: string };

const STEPS_MAX = 20;
const OPERANDS_MAX = 20;
/** Words of the language that are no names. Of them only `or`, `nil`, `true` and `false` are understood here. */
const KEYWORDS = new Set([
  ...['and', 'break', 'do', 'each', 'else', 'elseif', 'end', 'for', 'function', 'if', 'local'],
  ...['not', 'or', 'return', 'then', 'until', 'while'],
]);
const LITERALS = new Map<string, unknown>([
  ['nil', undefined],
  ['true', true],
  ['false', false],
]);

const SPACE = /\s*/y;
const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
const NUMBER = /-?\d{1,15}(?:\.\d{1,15})?/y;
const STRING = /'([^'\\]*)'|"([^"\\]*)"/y;
const INDEX = /\[\s*(?:(\d{1,9})|'([^'\\]*)'|"([^"\\]*)")\s*\]/y;

/** Reads `a.b['c'][1] or 'x'` up to what it does not understand. */
export function parseExpression(source: string, start: number): ParsedExpression {
  const operands: Operand[] = [];
  let at = start;
  for (;;) {
    at = skipSpace(source, at);
    const found = readOperand(source, at);
    if (typeof found === 'string') return { kind: 'wrong', reason: found };
    operands.push(found.operand);
    if (operands.length > OPERANDS_MAX) return { kind: 'wrong', reason: `too many uses of 'or'` };
    at = skipSpace(source, found.end);
    const word = match(NAME, source, at);
    if (word?.[0] !== 'or') break;
    at += word[0].length;
  }
  return { kind: 'ok', expression: operands, end: at };
}

function readOperand(
  source: string,
  at: number,
): { readonly operand: Operand; readonly end: number } | string {
  const text = match(STRING, source, at) ?? match(NUMBER, source, at);
  if (text !== null) {
    const value = text[1] ?? text[2] ?? text[0];
    return { operand: { kind: 'literal', value }, end: at + text[0].length };
  }
  const name = match(NAME, source, at)?.[0];
  if (name === undefined) return `syntax error near '${source.slice(at, at + 12)}'`;
  if (KEYWORDS.has(name)) return `the statement '${name}' is not supported`;
  if (LITERALS.has(name)) {
    return { operand: { kind: 'literal', value: LITERALS.get(name) }, end: at + name.length };
  }
  return readPath(source, at, name);
}

function readPath(
  source: string,
  start: number,
  first: string,
): { readonly operand: Operand; readonly end: number } | string {
  const steps: (string | number)[] = [first];
  let at = start + first.length;
  for (;;) {
    if (steps.length > STEPS_MAX) return 'a path with too many steps';
    const name = source[at] === '.' ? match(NAME, source, at + 1)?.[0] : undefined;
    if (name !== undefined) {
      steps.push(name);
      at += name.length + 1;
      continue;
    }
    const index = match(INDEX, source, at);
    if (index === null) return { operand: { kind: 'path', steps }, end: at };
    steps.push(index[1] === undefined ? (index[2] ?? index[3] ?? '') : Number(index[1]));
    at += index[0].length;
  }
}

/** The value of an expression; undefined for nil. */
export function evaluate(expression: Expression, scope: Scope): unknown {
  let value: unknown;
  for (const operand of expression) {
    value = operand.kind === 'literal' ? operand.value : valueAt(operand.steps, scope);
    if (value !== undefined && value !== false) return value;
  }
  return value;
}

function valueAt(steps: readonly (string | number)[], scope: Scope): unknown {
  if (steps.length <= 2) {
    const reserved = scope.reserved.get(steps.join('.'));
    if (reserved !== undefined) return reserved;
  }
  for (const data of scope.data) {
    const first = ownValue(data, steps[0]!);
    if (first !== undefined) return steps.slice(1).reduce(ownValue, first);
  }
  return undefined;
}

/** Own values only: what a prototype has is no data. Arrays count from 1. */
function ownValue(from: unknown, step: string | number): unknown {
  if (typeof from !== 'object' || from === null) return undefined;
  if (Array.isArray(from))
    return typeof step === 'number' ? (from[step - 1] ?? undefined) : undefined;
  return Object.hasOwn(from, step) ? ((from as Fields)[step] ?? undefined) : undefined;
}

function skipSpace(source: string, at: number): number {
  return at + (match(SPACE, source, at)?.[0].length ?? 0);
}

function match(pattern: RegExp, source: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(source);
}
