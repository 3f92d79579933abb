import type { Command } from '../command.ts';
import { logIn } from '../log-in.ts';

/** LOGIN (RFC 3501 §6.2.3). */
export const login: Command = {
  needs: 'no-user',
  sync: 'nothing',
  async run(state, reader) {
    const user = reader.astring();
    reader.space();
    const password = reader.astring();
    reader.end();
    return logIn(state, user, password);
  },
};
