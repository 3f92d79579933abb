const CR = 13;
const LF = 10;

/** The octets with CRLF in the place of each CR, LF and CRLF (RFC 5321 §2.3.8). */
export function withCrlf(octets: Buffer): Buffer {
  const bare = countBare(octets);
  if (bare === 0) return octets;
  const out = Buffer.allocUnsafe(octets.length + bare);
  let to = 0;
  for (let i = 0; i < octets.length; i++) {
    const octet = octets[i]!;
    if (octet !== CR && octet !== LF) {
      out[to++] = octet;
      continue;
    }
    out[to++] = CR;
    out[to++] = LF;
    if (octet === CR && octets[i + 1] === LF) i += 1;
  }
  return out;
}

function countBare(octets: Buffer): number {
  let bare = 0;
  for (let i = 0; i < octets.length; i++) {
    const octet = octets[i]!;
    if (octet === LF) bare += 1;
    else if (octet === CR) {
      if (octets[i + 1] === LF) i += 1;
      else bare += 1;
    }
  }
  return bare;
}
