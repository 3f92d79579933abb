/**
 * JSON that PostgreSQL's text can hold: strangers' words may have NUL characters and, cut to a length, halves of
 * surrogate pairs. One of either would make the whole statement fail, and each repeat of it.
 */
export function storableJson(value: unknown): string {
  const json = JSON.stringify(value);
  return SUSPECT.test(json) ? json.replaceAll(UNSTORABLE, '$1\ufffd') : json;
}

const SUSPECT = /\\u(?:0000|d)/;
const UNSTORABLE = /(?<!\\)((?:\\\\)*)\\u(?:0000|d[89a-f][0-9a-f]{2})/g;
