import { readAppendArguments } from '@staffetta/imap';
import { analyze, writeStructure } from '@staffetta/mime';
import { no, ok, TRY_CREATE } from '../command.ts';
import type { Command } from '../command.ts';

const NO_PREFIX = Buffer.alloc(0);

/** APPEND (RFC 3501 §6.3.11, RFC 4315). */
export const append: Command = {
  needs: 'user',
  sync: 'all',
  async run(state, reader) {
    const { mailbox: name, message, flags, internalDateMs } = readAppendArguments(reader);
    const { store, appendMaxBytes } = state.options;
    if (message.length > appendMaxBytes)
      return no(`[TOOBIG] The limit is ${appendMaxBytes} octets`);
    if (message.includes(0)) return no('[CANNOT] A message cannot have NUL octets');
    const mailbox = await store.findMailbox(state.accountId, name);
    if (mailbox === undefined) return TRY_CREATE;
    const structure = analyze(message);
    const stored = await store.append(mailbox, [
      {
        prefix: NO_PREFIX,
        body: message,
        bodyHeaderBytes: structure.root.bodyStart,
        structure: writeStructure(structure),
        flags,
        internalDateMs: internalDateMs ?? Date.now(),
      },
    ]);
    if (stored.kind === 'gone') return TRY_CREATE;
    return ok(`[APPENDUID ${stored.uidValidity} ${stored.to.join(',')}] Stored`);
  },
};
