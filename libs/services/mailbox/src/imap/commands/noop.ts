import { ok } from '../command.ts';
import type { Command } from '../command.ts';

/** NOOP (RFC 3501 §6.1.2): tells what changed. */
export const noop: Command = {
  needs: 'nothing',
  sync: 'all',
  syncAlways: true,
  async run(_state, reader) {
    reader.end();
    return ok('Done');
  },
};
