import { HIERARCHY_SEPARATOR } from '@staffetta/core';
import { formatQuoted } from '@staffetta/imap';
import { ok } from '../command.ts';
import type { Command } from '../command.ts';

/** NAMESPACE (RFC 2342): there are personal mailboxes only. */
export const namespace: Command = {
  needs: 'user',
  sync: 'all',
  async run(state, reader) {
    reader.end();
    state.untagged(`NAMESPACE (("" ${formatQuoted(HIERARCHY_SEPARATOR)})) NIL NIL`);
    return ok('Done');
  },
};
