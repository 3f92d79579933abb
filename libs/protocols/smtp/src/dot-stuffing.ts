const CRLF_DOT = Buffer.from('\r\n.');
const DOT = 46;
const CR = 13;
const LF = 10;

const END = Buffer.from('.\r\n');
const CRLF_END = Buffer.from('\r\n.\r\n');
const LF_END = Buffer.from('\n.\r\n');

/**
 * Makes content ready for DATA (RFC 5321 §4.5.2), piece by piece: a dot before each line that begins with one, and
 * at the end a line end, where there is none, and the final dot. The search is native; nothing is copied without need.
 */
export class DotStuffer {
  /** The last two octets given; as if a line had just ended. */
  #last = LF;
  #lastButOne = CR;

  /** The piece, stuffed; the same buffer where nothing had to be added. */
  push(piece: Buffer): Buffer {
    if (piece.length === 0) return piece;
    const dots = this.#dots(piece);
    this.#lastButOne = piece.length > 1 ? piece[piece.length - 2]! : this.#last;
    this.#last = piece[piece.length - 1]!;
    return dots === undefined ? piece : inserted(piece, dots);
  }

  /** What ends the content after the last piece. */
  end(): Buffer {
    if (this.#last === LF && this.#lastButOne === CR) return END;
    return this.#last === CR ? LF_END : CRLF_END;
  }

  /** Where in the piece lines begin with a dot. */
  #dots(piece: Buffer): number[] | undefined {
    let dots: number[] | undefined;
    if (this.#last === LF && this.#lastButOne === CR && piece[0] === DOT) dots = [0];
    else if (this.#last === CR && piece[0] === LF && piece[1] === DOT) dots = [1];
    let at = piece.indexOf(CRLF_DOT);
    while (at >= 0) {
      (dots ??= []).push(at + 2);
      at = piece.indexOf(CRLF_DOT, at + 3);
    }
    return dots;
  }
}

/** Whole content, stuffed and ended, in one buffer. */
export function dotStuffed(content: Buffer): Buffer {
  const stuffer = new DotStuffer();
  const stuffed = stuffer.push(content);
  return Buffer.concat([stuffed, stuffer.end()]);
}

function inserted(piece: Buffer, dots: readonly number[]): Buffer {
  const result = Buffer.allocUnsafe(piece.length + dots.length);
  let from = 0;
  let to = 0;
  for (const at of dots) {
    to += piece.copy(result, to, from, at);
    result[to++] = DOT;
    from = at;
  }
  piece.copy(result, to, from);
  return result;
}
