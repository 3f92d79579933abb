import { noop } from './noop.ts';
import type { Command } from '../command.ts';

/** CHECK (RFC 3501 §6.4.1): all is on disk anyway, so it is a NOOP. */
export const check: Command = { ...noop, needs: 'mailbox' };
