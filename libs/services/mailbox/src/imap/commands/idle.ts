import { MailStoreUnavailable } from '@staffetta/core';
import { ClientGone } from '../../client-stream.ts';
import { ok } from '../command.ts';
import type { Command } from '../command.ts';
import type { SelectedMailbox } from '../selected-mailbox.ts';
import type { UserState } from '../imap-state.ts';

/** So often a client that idles hears that it is connected still: routers forget silent connections. */
export const STILL_HERE_MS = 120_000;
/** When a store that could not be reached is asked again. */
const RETRY_MS = 5_000;

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

/** Tells changes one after the other; goes on by itself when the store was away. */
function push(state: UserState, selected: SelectedMailbox): { stop(): Promise<void> } {
  let again = false;
  let running: Promise<void> | undefined;
  let retry: NodeJS.Timeout | undefined;
  const start = (): void => {
    again = true;
    running ??= tell()
      .catch((error: unknown) => {
        if (error instanceof MailStoreUnavailable) retry = setTimeout(start, RETRY_MS);
        else fail(state, error);
      })
      .finally(() => {
        running = undefined;
      });
  };
  const tell = async (): Promise<void> => {
    clearTimeout(retry);
    while (again) {
      again = false;
      await tellChanges(state, selected);
    }
  };
  selected.onChanged = start;
  start();
  return {
    async stop() {
      selected.onChanged = undefined;
      await running;
      clearTimeout(retry);
    },
  };
}

async function tellChanges(state: UserState, selected: SelectedMailbox): Promise<void> {
  if (await selected.sync(state.client, true, true)) {
    state.client.flush();
    await state.client.drained();
  } else {
    state.sayBye('The mailbox was deleted');
    state.client.end();
  }
}

/** The client waits for nothing: it cannot be told what went wrong. */
function fail(state: UserState, error: unknown): void {
  if (error instanceof ClientGone) return;
  state.options.onError(error);
  state.client.destroy();
}
