/** A command as it came in: lines of text (latin1) that end with a literal's announcement, but for the last one. */
export interface RawCommand {
  readonly lines: readonly string[];
  /** The literal that stands at the end of the line of the same number. */
  readonly literals: readonly Buffer[];
}

/** What a reader found next. */
export type ReaderEvent =
  | ({ readonly kind: 'command' } & RawCommand)
  /** A literal follows. Answer with `accept`, or with `refuse` (its octets are then dropped). */
  | {
      readonly kind: 'literal';
      /** The command's text so far. */
      readonly text: string;
      readonly sizeBytes: number;
      /** Octets of the literals that the command has already. */
      readonly heldBytes: number;
      /** The client waits for `+` before it sends it (no LITERAL+, RFC 7888). */
      readonly waits: boolean;
    }
  /** A line that was too long; the rest of it is dropped. */
  | { readonly kind: 'too-long'; readonly text: string };

/** A command's text, without literals, unless the reader is told otherwise. */
export const COMMAND_TEXT_MAX_BYTES = 65_536;
/** Literals in one command. */
export const LITERALS_MAX = 500;

const LF = 10;

type State =
  | { readonly kind: 'line' }
  | { readonly kind: 'asked' }
  | { readonly kind: 'literal'; readonly into: Buffer; at: number }
  | { readonly kind: 'drop-literal'; left: number }
  | { readonly kind: 'drop-line'; tail: string };

const LITERAL = /\{(\d{1,15})(\+?)\}$/;
/** The longest text that LITERAL matches, and a line end. */
const TAIL_CHARS = 21;

/** Cuts a client's octets into commands (RFC 3501 §4.3, §7.5). Holds nothing between commands. */
export class CommandReader {
  /** Of a command's text, without literals. */
  textMaxBytes = COMMAND_TEXT_MAX_BYTES;
  #input: Buffer | undefined;
  /** Of `#input`, octets already looked at for a line end. */
  #searched = 0;
  #lines: string[] = [];
  #literals: Buffer[] = [];
  #textBytes = 0;
  #state: State = { kind: 'line' };
  #asked = { sizeBytes: 0, waits: false };

  /** Octets held that were not used yet. */
  get bufferedBytes(): number {
    return this.#input?.length ?? 0;
  }

  /** Takes more octets; then ask `next` until there is nothing. */
  push(chunk: Buffer): void {
    if (chunk.length === 0) return;
    this.#input = this.#input === undefined ? chunk : Buffer.concat([this.#input, chunk]);
  }

  /** The next event; undefined where more octets are needed. */
  next(): ReaderEvent | undefined {
    for (;;) {
      const state = this.#state;
      if (this.#input === undefined || state.kind === 'asked') return undefined;
      if (state.kind === 'line') return this.#readLine(this.#input);
      if (state.kind === 'literal') this.#readLiteral(state, this.#input);
      else if (state.kind === 'drop-literal') this.#dropLiteral(state, this.#input);
      else this.#dropLine(state, this.#input);
    }
  }

  /** The announced literal is welcome. */
  accept(): void {
    const into = Buffer.allocUnsafe(this.#asked.sizeBytes);
    if (into.length > 0) this.#state = { kind: 'literal', into, at: 0 };
    else {
      this.#literals.push(into);
      this.#state = { kind: 'line' };
    }
  }

  /** The announced literal is not taken: the command ends here. One that is sent unasked is dropped as it comes. */
  refuse(): void {
    const { sizeBytes, waits } = this.#asked;
    this.#forget();
    if (waits) this.#state = { kind: 'line' };
    else this.#dropAnnounced(sizeBytes);
  }

  /** Forgets all that was received and not used (STARTTLS). */
  reset(): void {
    this.#forget();
    this.#state = { kind: 'line' };
    this.#input = undefined;
    this.#searched = 0;
  }

  #forget(): void {
    this.#lines = [];
    this.#literals = [];
    this.#textBytes = 0;
  }

  #consume(input: Buffer, bytes: number): void {
    this.#input = bytes < input.length ? input.subarray(bytes) : undefined;
    this.#searched = 0;
  }

  #readLine(input: Buffer): ReaderEvent | undefined {
    const end = input.indexOf(LF, this.#searched);
    if (this.#textBytes + (end < 0 ? input.length : end) > this.textMaxBytes) {
      return this.#tooLong(input);
    }
    if (end < 0) {
      this.#searched = input.length;
      return undefined;
    }
    const line = input.toString('latin1', 0, end > 0 && input[end - 1] === 13 ? end - 1 : end);
    this.#consume(input, end + 1);
    this.#textBytes += line.length;
    const literal = LITERAL.exec(line);
    if (literal === null) return this.#complete(line);
    this.#lines.push(line);
    const text = this.#lines[0] ?? '';
    this.#asked = { sizeBytes: Number(literal[1]), waits: literal[2] === '' };
    this.#state = { kind: 'asked' };
    if (this.#literals.length >= LITERALS_MAX) {
      this.refuse();
      return { kind: 'too-long', text };
    }
    const heldBytes = this.#literals.reduce((sum, held) => sum + held.length, 0);
    return { kind: 'literal', text, heldBytes, ...this.#asked };
  }

  #complete(line: string): ReaderEvent {
    const event = {
      kind: 'command',
      lines: [...this.#lines, line],
      literals: this.#literals,
    } as const;
    this.#forget();
    return event;
  }

  #tooLong(input: Buffer): ReaderEvent {
    const text = this.#lines[0] ?? input.toString('latin1', 0, 100);
    this.#forget();
    this.#searched = 0;
    this.#state = { kind: 'drop-line', tail: '' };
    return { kind: 'too-long', text };
  }

  #readLiteral(state: Extract<State, { kind: 'literal' }>, input: Buffer): void {
    const copied = input.copy(state.into, state.at);
    state.at += copied;
    this.#consume(input, copied);
    if (state.at < state.into.length) return;
    this.#literals.push(state.into);
    this.#state = { kind: 'line' };
  }

  #dropAnnounced(sizeBytes: number): void {
    this.#state =
      sizeBytes > 0 ? { kind: 'drop-literal', left: sizeBytes } : { kind: 'drop-line', tail: '' };
  }

  #dropLiteral(state: Extract<State, { kind: 'drop-literal' }>, input: Buffer): void {
    const dropped = Math.min(state.left, input.length);
    state.left -= dropped;
    this.#consume(input, dropped);
    if (state.left === 0) this.#dropAnnounced(0);
  }

  /** What is dropped may announce one more literal that comes unasked. */
  #dropLine(state: Extract<State, { kind: 'drop-line' }>, input: Buffer): void {
    const end = input.indexOf(LF);
    const to = end < 0 ? input.length : end;
    const text = state.tail + input.toString('latin1', Math.max(0, to - TAIL_CHARS), to);
    state.tail = text.slice(-TAIL_CHARS);
    this.#consume(input, end < 0 ? input.length : end + 1);
    if (end < 0) return;
    const literal = LITERAL.exec(state.tail.replace(/\r$/, ''));
    if (literal?.[2] === '+') this.#dropAnnounced(Number(literal[1]));
    else this.#state = { kind: 'line' };
  }
}
