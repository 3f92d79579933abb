/**
 * The lane of a key: FNV-1a (32 bits) over its UTF-8 octets, finished by a multiplication so that the low bits mix.
 * It is part of the data format: the same for every log adapter and for ever.
 */
export function laneOf(key: string, lanes: number): number {
  let hash = 0x811c9dc5;
  for (const octet of Buffer.from(key, 'utf8')) {
    hash = Math.imul(hash ^ octet, 0x01000193);
  }
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  return (hash >>> 0) % lanes;
}
