import { ok } from '../command.ts';
import type { Command } from '../command.ts';

/** ENABLE (RFC 5161): nothing here has to be enabled yet, so what is asked for is passed over. */
export const enable: Command = {
  needs: 'user',
  sync: 'nothing',
  async run(state, reader) {
    do reader.atom();
    while (reader.take(' '));
    reader.end();
    state.untagged('ENABLED');
    return ok('Done');
  },
};
