import { ok } from '../command.ts';
import type { Command } from '../command.ts';

/** LOGOUT (RFC 3501 §6.1.3). */
export const logout: Command = {
  needs: 'nothing',
  sync: 'nothing',
  async run(state, reader) {
    reader.end();
    state.deselect();
    state.sayBye('Logging out');
    return ok('Done');
  },
};
