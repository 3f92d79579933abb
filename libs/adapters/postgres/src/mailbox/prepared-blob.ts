import { createHash } from 'node:crypto';
import { HEADER_COLUMN_MAX_BYTES } from '@staffetta/core';
import type { NewMessage } from '@staffetta/core';
import { encodeOctets } from './octets.ts';

/** Octets of the body in one piece after the header; part of the data format. */
export const CHUNK_BYTES = 131_072;

/** A body as it will be stored, with the name it gets. */
export interface PreparedBlob {
  /** SHA-256 of all that the row holds: the same body analysed in the same way is stored once. */
  readonly hash: Buffer;
  readonly sizeBytes: number;
  readonly headerBytes: number;
  readonly header: Buffer;
  readonly structure: Buffer;
  /** The first piece after the header; further ones are encoded when they are written. */
  readonly content: Buffer;
  readonly chunks: readonly Buffer[];
}

/** What of a message is stored by content. */
export type BlobSource = Pick<NewMessage, 'body' | 'bodyHeaderBytes' | 'structure'>;

/** Hashes and compresses; to be done before a transaction begins. */
export function prepareBlob({ body, bodyHeaderBytes, structure }: BlobSource): PreparedBlob {
  const headerBytes = bodyHeaderBytes <= HEADER_COLUMN_MAX_BYTES ? bodyHeaderBytes : 0;
  const hash = createHash('sha256')
    .update(`${bodyHeaderBytes} ${Buffer.byteLength(structure)} ${structure}`)
    .update(body)
    .digest();
  const chunks: Buffer[] = [];
  for (let at = headerBytes + CHUNK_BYTES; at < body.length; at += CHUNK_BYTES) {
    chunks.push(body.subarray(at, at + CHUNK_BYTES));
  }
  return {
    hash,
    sizeBytes: body.length,
    headerBytes,
    header: encodeOctets(body.subarray(0, headerBytes)),
    structure: encodeOctets(Buffer.from(structure)),
    content: encodeOctets(body.subarray(headerBytes, headerBytes + CHUNK_BYTES)),
    chunks,
  };
}
