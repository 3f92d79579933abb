import { ImapSyntaxError } from '@staffetta/imap';
import type { ArgumentReader } from '@staffetta/imap';
import { DEFAULT_MAILBOXES } from '@staffetta/core';
import type { SpecialUse } from '@staffetta/core';
import { no, ok } from '../command.ts';
import type { Command } from '../command.ts';
import { usableName } from '../usable-name.ts';

/** CREATE (RFC 3501 §6.3.3), with a special use (RFC 6154 §3). */
export const create: Command = {
  needs: 'user',
  sync: 'all',
  async run(state, reader) {
    const asked = reader.mailbox();
    const use = readUse(reader);
    reader.end();
    const name = usableName(asked);
    if (name === undefined) return no('[CANNOT] This cannot be the name of a mailbox');
    if (use === 'unknown') return no('[USEATTR] This use is not supported');
    const { store } = state.options;
    const made = await store.createMailbox(state.accountId, name, use);
    if (made.kind === 'exists') return no('[ALREADYEXISTS] There is such a mailbox');
    if (made.kind === 'limit') return no('[LIMIT] There are too many mailboxes');
    return ok('Created');
  },
};

function readUse(reader: ArgumentReader): SpecialUse | 'unknown' | undefined {
  if (!reader.take(' (USE ')) return undefined;
  const uses = reader.list(() => reader.flag().toLowerCase(), 10);
  if (!reader.take(')')) throw new ImapSyntaxError('Expected ")"');
  const [wanted] = uses;
  if (wanted === undefined) return undefined;
  const known = DEFAULT_MAILBOXES.find(({ specialUse }) => specialUse?.toLowerCase() === wanted);
  return uses.length > 1 ? 'unknown' : (known?.specialUse ?? 'unknown');
}
