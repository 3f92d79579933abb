import { ImapSyntaxError } from '@staffetta/imap';
import type { Command } from '../command.ts';
import { ok } from '../command.ts';

/** STARTTLS (RFC 3501 §6.2.1). The session answers and changes over once the result is on its way. */
export const startTls: Command = {
  needs: 'no-user',
  sync: 'nothing',
  async run(state, reader) {
    reader.end();
    if (!state.connection.canStartTls) throw new ImapSyntaxError('TLS is not available');
    state.startsTls = true;
    return ok('Begin TLS negotiation now');
  },
};
