const LF = 10;

/** Cuts a message behind its header and so many lines of its body (TOP, RFC 1939 §7). Feed it the octets in order. */
export class TopLines {
  #left: number;

  /** Counts lines from behind the header on. */
  constructor(lines: number) {
    this.#left = lines;
  }

  get isDone(): boolean {
    return this.#left === 0;
  }

  /** What of the next piece of the body belongs to the answer. */
  take(piece: Buffer): Buffer {
    let at = 0;
    while (this.#left > 0 && at < piece.length) {
      const end = piece.indexOf(LF, at);
      if (end < 0) return piece;
      this.#left -= 1;
      at = end + 1;
    }
    return piece.subarray(0, at);
  }
}
