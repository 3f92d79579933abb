import { ok } from '../command.ts';
import type { Command } from '../command.ts';

/** Pairs of field and value (RFC 2971 §3.3). */
const ID_STRINGS_MAX = 60;

/** ID (RFC 2971). What the client says of itself is read and not kept. */
export const id: Command = {
  needs: 'nothing',
  sync: 'nothing',
  async run(state, reader) {
    if (!reader.take('NIL')) reader.list(() => reader.nstring(), ID_STRINGS_MAX);
    reader.end();
    state.untagged('ID ("name" "Staffetta")');
    return ok('Done');
  },
};
