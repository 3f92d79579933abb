import { ImapSyntaxError } from '@staffetta/imap';
import type { ArgumentReader } from '@staffetta/imap';
import { no } from '../command.ts';
import type { Command, CommandResult } from '../command.ts';
import type { ImapState } from '../imap-state.ts';
import { logIn, PRIVACY_REQUIRED } from '../log-in.ts';

const CANCELLED: CommandResult = { status: 'BAD', text: 'Authentication cancelled' };

/** AUTHENTICATE with PLAIN (RFC 4616) and LOGIN, also with an initial response (RFC 4959). */
export const authenticate: Command = {
  needs: 'no-user',
  sync: 'nothing',
  async run(state, reader) {
    const mechanism = reader.keyword();
    const initial = readInitialResponse(reader);
    reader.end();
    if (mechanism !== 'PLAIN' && mechanism !== 'LOGIN') {
      return no('[CANNOT] Authentication mechanism not supported');
    }
    if (!state.allowsPassword) return PRIVACY_REQUIRED;
    return mechanism === 'PLAIN' ? plain(state, initial) : loginMechanism(state, initial);
  },
};

function readInitialResponse(reader: ArgumentReader): string | undefined {
  if (!reader.take(' ')) return undefined;
  const text = reader.match(/[A-Za-z0-9+/]+={0,2}|=/y)?.[0];
  if (text === undefined) throw new ImapSyntaxError('Invalid initial response');
  return text === '=' ? '' : decode(text);
}

async function plain(state: ImapState, initial: string | undefined): Promise<CommandResult> {
  const response = initial ?? (await ask(state, ''));
  const [authorizeAs, user, password, ...more] = response?.split('\0') ?? [];
  if (user === undefined || password === undefined || more.length > 0) return CANCELLED;
  if (authorizeAs !== '' && authorizeAs !== user) {
    return no('[AUTHORIZATIONFAILED] Only your own account can be opened');
  }
  return logIn(state, user, password);
}

async function loginMechanism(
  state: ImapState,
  initial: string | undefined,
): Promise<CommandResult> {
  const user = initial ?? (await ask(state, 'Username:'));
  if (user === undefined) return CANCELLED;
  const password = await ask(state, 'Password:');
  return password === undefined ? CANCELLED : logIn(state, user, password);
}

/** Undefined where the client cancels, or sends what is no base64. */
async function ask(state: ImapState, challenge: string): Promise<string | undefined> {
  state.client.write(`+ ${Buffer.from(challenge).toString('base64')}\r\n`);
  const line = await state.readLine();
  return line === undefined || !/^[A-Za-z0-9+/]*={0,2}$/.test(line) ? undefined : decode(line);
}

function decode(base64: string): string {
  return Buffer.from(base64, 'base64').toString('latin1');
}
