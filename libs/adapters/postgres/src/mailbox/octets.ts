import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';

/** Shorter octets are kept as they are. */
const COMPRESS_MIN_BYTES = 2_048;
const RAW = 0;
const ZSTD = 1;

/** Octets as they are stored: after one that tells how. Compressed where that saves an eighth. */
export function encodeOctets(octets: Buffer): Buffer {
  if (octets.length >= COMPRESS_MIN_BYTES) {
    const compressed = zstdCompressSync(octets, {
      pledgedSrcSize: octets.length,
      chunkSize: octets.length + 64,
      params: { [constants.ZSTD_c_compressionLevel]: 1 },
    });
    if (compressed.length < octets.length - (octets.length >> 3)) return tagged(ZSTD, compressed);
  }
  return tagged(RAW, octets);
}

/** What `encodeOctets` was given. */
export function decodeOctets(stored: Buffer): Buffer {
  const payload = stored.subarray(1);
  switch (stored[0]) {
    case RAW:
      return payload;
    case ZSTD:
      return zstdDecompressSync(payload);
    default:
      throw new Error(`octets stored in an unknown way: ${stored[0]}`);
  }
}

function tagged(tag: number, payload: Buffer): Buffer {
  const stored = Buffer.allocUnsafe(payload.length + 1);
  stored[0] = tag;
  payload.copy(stored, 1);
  return stored;
}
