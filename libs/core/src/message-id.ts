import { randomFillSync } from 'node:crypto';

const POOL = Buffer.alloc(4096);
let used = POOL.length;
let lastMs = 0;
let sequence = 0;

/**
 * A new message id: UUIDv7 (RFC 9562 §5.7) as 32 hex digits, so that ids sort by the time they were made.
 * Within one process they are strictly increasing: 12 bits count within a millisecond.
 */
export function newMessageId(nowMs: number = Date.now()): string {
  if (used + 8 > POOL.length) {
    randomFillSync(POOL);
    used = 0;
  }
  if (nowMs > lastMs) {
    lastMs = nowMs;
    sequence = POOL.readUInt16BE(used) & 0x3ff;
  } else if (++sequence > 0xfff) {
    lastMs += 1;
    sequence = 0;
  }
  const tail = POOL.toString('hex', used, used + 8);
  used += 8;
  const variant = (8 + (parseInt(tail[0]!, 16) & 3)).toString(16);
  return (
    lastMs.toString(16).padStart(12, '0') +
    '7' +
    sequence.toString(16).padStart(3, '0') +
    variant +
    tail.slice(1)
  );
}

/** The time inside a message id, in milliseconds since 1970. */
export function messageIdTimeMs(messageId: string): number {
  return parseInt(messageId.slice(0, 12), 16);
}

/** Whether the text has the form of a message id. */
export function isMessageId(text: string): boolean {
  return /^[0-9a-f]{12}7[0-9a-f]{19}$/.test(text);
}
