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
    const text = this.json ? formatJson(value) : human(value);
    if (text !== '') this.#streams.stdout.write(`${text}\n`);
  }

  /** What the user should know and a program need not read. */
  note(text: string): void {
    this.#streams.stderr.write(`${text}\n`);
  }

  /** Why the command failed. */
  failure(message: string): void {
    if (this.json) this.#streams.stdout.write(`${formatJson({ error: message })}\n`);
    this.#streams.stderr.write(`staffetta: ${message}\n`);
  }
}

/** An aligned table; columns of numbers are given as numbers and stand to the right. */
export function formatTable(
  head: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): string {
  const lines = [head, ...rows].map((line) => line.map((cell) => printable(String(cell))));
  const widths = head.map((_, column) =>
    Math.max(...lines.map((line) => widthOf(line[column] ?? ''))),
  );
  const numeric = head.map(
    (_, column) => rows.length > 0 && rows.every((row) => typeof row[column] === 'number'),
  );
  return lines
    .map((line) =>
      line
        .map((cell, column) => pad(cell, widths[column] ?? 0, numeric[column] ?? false))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Names and values, one a line. */
export function formatFields(fields: readonly (readonly [string, string | number])[]): string {
  const width = Math.max(...fields.map(([name]) => name.length));
  return fields
    .map(([name, value]) => `${name.padEnd(width)}  ${printable(String(value))}`.trimEnd())
    .join('\n');
}

/** RFC 3339 in UTC, to the second; a dash where there is none. */
export function formatTime(timeMs: number | undefined | null): string {
  if (timeMs === undefined || timeMs === null) return '-';
  return new Date(timeMs).toISOString().replace(/\.\d+Z$/, 'Z');
}

/** What others wrote cannot steer a terminal: controls, and what turns the direction of writing, become spaces. */
export function printable(text: string): string {
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]+/g, ' ');
}

/** JSON leaves DEL and the C1 controls as they are. */
function formatJson(value: unknown): string {
  return JSON.stringify(value, null, 2).replaceAll(
    /[\u007f-\u009f]/g,
    (control) => `\\u00${control.charCodeAt(0).toString(16)}`,
  );
}

function widthOf(text: string): number {
  return Array.from(text).length;
}

function pad(text: string, width: number, right: boolean): string {
  const fill = ' '.repeat(Math.max(0, width - widthOf(text)));
  return right ? fill + text : text + fill;
}
