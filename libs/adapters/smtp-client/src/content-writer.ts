import { DotStuffer } from '@staffetta/smtp';
import type { Wire } from './wire.ts';

/** Content is handed over in blocks of this size, each of which has to be taken within its time. */
export const BLOCK_BYTES = 64 * 1024;

/** Writes all but the final dot; gives what is to be written last, or undefined where the connection was lost. */
export async function writeContent(
  wire: Wire,
  content: Buffer | AsyncIterable<Buffer>,
  blockMs: number,
): Promise<{ readonly end: Buffer; readonly sizeBytes: number } | undefined> {
  const stuffer = new DotStuffer();
  let sizeBytes = 0;
  const pieces = Buffer.isBuffer(content) ? [content] : content;
  wire.expect('content to send', blockMs);
  for await (const piece of pieces) {
    for (let at = 0; at < piece.length; at += BLOCK_BYTES) {
      if (!wire.open) return undefined;
      const taken = wire.writeBlock(stuffer.push(piece.subarray(at, at + BLOCK_BYTES)));
      wire.expect('progress of the content', blockMs);
      if (!taken && !(await wire.drained())) return undefined;
    }
    sizeBytes += piece.length;
    wire.expect('content to send', blockMs);
  }
  return wire.open ? { end: stuffer.end(), sizeBytes } : undefined;
}
