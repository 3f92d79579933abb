/** Where a program writes. */
export interface Streams {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
}

/** What a command says: one JSON document with --json, else words and tables. */
export class Output {
  readonly json: boolean;
  readonly #streams: Streams;

  constructor(json: boolean, streams: Streams) {
    this.json = json;
    this.#streams = streams;
  }

  /** The result: as a document, or in the words that `human` makes of it. */
  result<Value>(value: Value, human: (value: Value) => string): void {
    const text = this.json ? JSON.stringify(value, null, 2) : human(value);
    if (text !== '') this.#streams.stdout.write(`${text}\n`);
  }

  /** What the user should know and a program need not read. */
  note(text: string): void {
    this.#streams.stderr.write(`${text}\n`);
  }

  /** Why the command failed. */
  failure(message: string): void {
    if (this.json) this.#streams.stdout.write(`${JSON.stringify({ error: message }, null, 2)}\n`);
    this.#streams.stderr.write(`staffetta: ${message}\n`);
  }
}

/** An aligned table; columns of numbers are given as numbers and stand to the right. */
export function formatTable(
  head: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): string {
  const lines = [head, ...rows];
  const widths = head.map((_, column) =>
    Math.max(...lines.map((line) => widthOf(String(line[column] ?? '')))),
  );
  const numeric = head.map(
    (_, column) => rows.length > 0 && rows.every((row) => typeof row[column] === 'number'),
  );
  return lines
    .map((line) =>
      line
        .map((cell, column) => pad(String(cell), widths[column] ?? 0, numeric[column] ?? false))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Names and values, one a line. */
export function formatFields(fields: readonly (readonly [string, string | number])[]): string {
  const width = Math.max(...fields.map(([name]) => name.length));
  return fields.map(([name, value]) => `${name.padEnd(width)}  ${value}`.trimEnd()).join('\n');
}

/** RFC 3339 in UTC, to the second; a dash where there is none. */
export function formatTime(timeMs: number | undefined | null): string {
  if (timeMs === undefined || timeMs === null) return '-';
  return new Date(timeMs).toISOString().replace(/\.\d+Z$/, 'Z');
}

function widthOf(text: string): number {
  return Array.from(text).length;
}

function pad(text: string, width: number, right: boolean): string {
  const fill = ' '.repeat(Math.max(0, width - widthOf(text)));
  return right ? fill + text : text + fill;
}
