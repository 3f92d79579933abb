import { COMMAND_MAX_BYTES } from './command.ts';

const LF = 10;

/** Cuts a client's octets into lines (latin1). Holds nothing between commands. */
export class LineReader {
  #input: Buffer | undefined;
  #dropping = false;

  push(chunk: Buffer): void {
    this.#input = this.#input === undefined ? chunk : Buffer.concat([this.#input, chunk]);
  }

  /** The next line without its line end; `too-long` for one that is dropped; undefined where more is needed. */
  next(): string | { readonly kind: 'too-long' } | undefined {
    for (;;) {
      const input = this.#input;
      if (input === undefined) return undefined;
      const end = input.indexOf(LF);
      if (end < 0 && input.length <= COMMAND_MAX_BYTES && !this.#dropping) return undefined;
      this.#input = end < 0 || end + 1 === input.length ? undefined : input.subarray(end + 1);
      if (this.#dropping) {
        this.#dropping = end < 0;
        continue;
      }
      if (end < 0 || end > COMMAND_MAX_BYTES) {
        this.#dropping = end < 0;
        return { kind: 'too-long' };
      }
      return input.toString('latin1', 0, input[end - 1] === 13 ? end - 1 : end);
    }
  }

  /** Forgets all that was received and not used (STLS). */
  reset(): void {
    this.#input = undefined;
    this.#dropping = false;
  }
}
