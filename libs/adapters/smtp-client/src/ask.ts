import type { ParsedReply } from '@staffetta/smtp';
import type { Wire } from './wire.ts';

/** A reply, or why none came. */
export type Answer = ParsedReply | { readonly lost: string };

/** Waits for one reply; what comes after it stays unread. */
export function nextReply(wire: Wire, what: string, timeoutMs: number): Promise<Answer> {
  return new Promise((resolve) => {
    const done = (answer: Answer) => {
      wire.read(undefined);
      wire.rest();
      resolve(answer);
    };
    wire.expect(what, timeoutMs);
    wire.read({ onReply: done, onLost: (lost) => done({ lost }) });
  });
}

/** Says one line and waits for its reply. */
export function ask(wire: Wire, line: string, timeoutMs: number): Promise<Answer> {
  wire.write(`${line}\r\n`, 'latin1');
  return nextReply(wire, `reply to ${line.split(' ', 1)[0]}`, timeoutMs);
}
