const LF = 10;
const CR = 13;
const DOT = 46;
const DOT_OCTETS = Buffer.from('.');

/** Content of a multi-line response (RFC 1939 §3): lines that begin with a dot get another one. */
export class MultiLineEncoder {
  #atLineStart = true;
  #last = 0;
  #beforeLast = 0;

  /** The octets to send for the next piece of content; those that stay as they are are not copied. */
  encode(piece: Buffer): Buffer[] {
    const pieces: Buffer[] = [];
    let from = 0;
    if (this.#atLineStart && piece[0] === DOT) pieces.push(DOT_OCTETS);
    for (let at = piece.indexOf('\n.'); at >= 0; at = piece.indexOf('\n.', at + 2)) {
      pieces.push(piece.subarray(from, at + 1), DOT_OCTETS);
      from = at + 1;
    }
    pieces.push(piece.subarray(from));
    this.#note(piece);
    return pieces;
  }

  /** The end: a line end where the content has none, and the dot. */
  end(): string {
    return this.#atLineStart && (this.#last === 0 || this.#beforeLast === CR)
      ? '.\r\n'
      : '\r\n.\r\n';
  }

  #note(piece: Buffer): void {
    if (piece.length === 0) return;
    this.#beforeLast = piece.length > 1 ? (piece[piece.length - 2] ?? 0) : this.#last;
    this.#last = piece[piece.length - 1] ?? 0;
    this.#atLineStart = this.#last === LF;
  }
}
