import type { ReaderEvent } from '@staffetta/imap';
import { no } from './command.ts';
import type { CommandResult } from './command.ts';
import type { ImapState } from './imap-state.ts';

/** Literals of one command that is no APPEND, together. */
const LITERALS_MAX_BYTES = 65_536;
/** The same before a log-in. */
const STRANGERS_LITERALS_MAX_BYTES = 4_096;

/** Takes the literal's octets from the budget, or says why it is refused. Before a log-in it has to be small. */
export function mayTakeLiteral(
  state: ImapState,
  event: Extract<ReaderEvent, { kind: 'literal' }>,
): CommandResult | undefined {
  const isStranger = state.accountId === undefined;
  const appends = !isStranger && /^\S+ APPEND /i.test(event.text);
  const othersMaxBytes = isStranger ? STRANGERS_LITERALS_MAX_BYTES : LITERALS_MAX_BYTES;
  const limitBytes = appends ? state.options.appendMaxBytes + othersMaxBytes : othersMaxBytes;
  if (event.sizeBytes + event.heldBytes > limitBytes) {
    return appends
      ? no(`[TOOBIG] The limit is ${state.options.appendMaxBytes} octets`)
      : { status: 'BAD', text: 'Literal too long' };
  }
  if (!state.options.memory.take(event.sizeBytes)) {
    return no('[UNAVAILABLE] Too much is being stored at this moment, try again later');
  }
  return undefined;
}
