import { ok } from '../command.ts';
import type { Command } from '../command.ts';
import type { SelectedMailbox } from '../selected-mailbox.ts';
import type { UserState } from '../imap-state.ts';

/** So often a client that idles hears that it is connected still: routers forget silent connections. */
export const STILL_HERE_MS = 120_000;

/** IDLE (RFC 2177): changes are told as they happen, until the client says DONE. */
export const idle: Command = {
  needs: 'user',
  sync: 'all',
  async run(state, reader) {
    reader.end();
    state.client.write('+ idling\r\n');
    state.client.flush();
    const pushing = state.selected === undefined ? undefined : push(state, state.selected);
    const stillHere = setInterval(() => {
      state.untagged('OK Still here');
      state.client.flush();
    }, STILL_HERE_MS);
    state.idling = true;
    try {
      const line = await state.readLine();
      if (line === undefined) state.closing = true;
      return line?.toUpperCase() === 'DONE' ? ok('Done') : { status: 'BAD', text: 'Expected DONE' };
    } finally {
      state.idling = false;
      clearInterval(stillHere);
      await pushing?.stop();
    }
  },
};

/** Tells changes one after the other. A failure ends the connection: the client could not be told of it. */
function push(state: UserState, selected: SelectedMailbox): { stop(): Promise<void> } {
  let again = false;
  let running: Promise<void> | undefined;
  const tell = async (): Promise<void> => {
    do {
      again = false;
      const there = await selected.sync(state.client, true, true);
      if (!there) {
        state.sayBye('The mailbox was deleted');
        state.client.end();
        return;
      }
      state.client.flush();
      await state.client.drained();
    } while (again);
  };
  const start = (): void => {
    again = true;
    running ??= tell()
      .catch((error: unknown) => {
        state.options.onError(error);
        state.client.destroy();
      })
      .finally(() => {
        running = undefined;
      });
  };
  selected.onChanged = start;
  start();
  return {
    async stop() {
      selected.onChanged = undefined;
      await running;
    },
  };
}
