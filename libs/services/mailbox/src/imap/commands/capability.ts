import { capabilities } from '../capabilities.ts';
import { ok } from '../command.ts';
import type { Command } from '../command.ts';

/** CAPABILITY (RFC 3501 §6.1.1). */
export const capability: Command = {
  needs: 'nothing',
  sync: 'nothing',
  async run(state, reader) {
    reader.end();
    state.untagged(capabilities(state));
    return ok('Done');
  },
};
