/** Many octet strings as one parameter, with where each starts (from 1, as `substring` counts) and how long it is. */
export interface Packed {
  readonly bytes: Buffer;
  readonly offsets: readonly number[];
  readonly lengths: readonly number[];
}

/** An array of bytea would be written as text, two digits an octet; one bytea goes as it is. */
export function pack(pieces: readonly Buffer[]): Packed {
  const lengths = pieces.map((piece) => piece.length);
  let next = 1;
  const offsets = lengths.map((length) => (next += length) - length);
  return { bytes: Buffer.concat(pieces, next - 1), offsets, lengths };
}
