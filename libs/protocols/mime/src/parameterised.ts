/** A value with parameters, as in Content-Type and Content-Disposition (RFC 2045 §5.1). */
export interface Parameterised {
  /** Lower case. */
  readonly value: string;
  /** Name (lower case), value, name, value … as they stand in the field: RFC 2231 is not decoded. */
  readonly params: readonly string[];
}

/** Parameters read of one field. */
export const PARAMETERS_MAX = 100;

const SPACE_OR_COMMENT = /(?:[ \t]+|\((?:[^()\\]|\\.)*\))*/y;
const TOKEN = /[^\s;"=()]+/y;
const VALUE = /[^\s;"]+/y;
const QUOTED = /"((?:[^"\\]|\\.)*)"?/sy;

/** Reads such a value; tolerant: what cannot be read ends it. */
export function parseParameterised(text: string): Parameterised {
  const semicolon = text.indexOf(';');
  const head = semicolon < 0 ? text : text.slice(0, semicolon);
  const value = head
    .replace(/\([^()]*\)/g, '')
    .replace(/\s+/g, '')
    .toLowerCase();
  return { value, params: semicolon < 0 ? [] : parseParameters(text, semicolon) };
}

function parseParameters(text: string, from: number): string[] {
  const params: string[] = [];
  let at = from;
  while (at < text.length && params.length < 2 * PARAMETERS_MAX) {
    at = skip(text, text[at] === ';' ? at + 1 : at);
    const name = match(TOKEN, text, at);
    if (name === undefined) {
      at = nextParameter(text, at);
      continue;
    }
    at = skip(text, at + name[0].length);
    if (text[at] !== '=') continue;
    at = skip(text, at + 1);
    const quoted = match(QUOTED, text, at);
    const found = quoted ?? match(VALUE, text, at);
    const value = quoted === undefined ? found?.[0] : quoted[1]?.replace(/\\(.)/gs, '$1');
    params.push(name[0].toLowerCase(), value ?? '');
    at = nextParameter(text, at + (found?.[0].length ?? 0));
  }
  return params;
}

function nextParameter(text: string, at: number): number {
  const semicolon = text.indexOf(';', at);
  return semicolon < 0 ? text.length : semicolon;
}

function skip(text: string, at: number): number {
  return at + (match(SPACE_OR_COMMENT, text, at)?.[0].length ?? 0);
}

function match(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text) ?? undefined;
}

/** A parameter's value; undefined where it is absent. */
export function parameter(params: readonly string[], name: string): string | undefined {
  for (let i = 0; i + 1 < params.length; i += 2) if (params[i] === name) return params[i + 1];
  return undefined;
}
