import { COMMAND_TEXT_MAX_BYTES } from '@staffetta/imap';
import { LOGIN_FAILURES_MAX } from '../session-options.ts';
import { capabilities } from './capabilities.ts';
import { no, ok } from './command.ts';
import type { CommandResult } from './command.ts';
import type { ImapState } from './imap-state.ts';

/** Where a password was offered in the clear (RFC 5530). */
export const PRIVACY_REQUIRED: CommandResult = no(
  '[PRIVACYREQUIRED] Passwords are taken under TLS only: use STARTTLS or the IMAPS port',
);

/** Checks a password (octets in latin1, UTF-8 meant) and opens the account. */
export async function logIn(
  state: ImapState,
  user: string,
  password: string,
): Promise<CommandResult> {
  if (!state.allowsPassword) return PRIVACY_REQUIRED;
  const text = (octets: string): string => Buffer.from(octets, 'latin1').toString('utf8');
  const { remoteAddress } = state.connection;
  const answer = await state.options.authenticator.authenticate(
    text(user),
    text(password),
    remoteAddress,
    'imap',
  );
  if (answer.kind === 'unavailable') return no('[UNAVAILABLE] Try again later');
  if (answer.kind === 'refused') {
    state.loginFailures += 1;
    if (state.loginFailures >= LOGIN_FAILURES_MAX) {
      state.sayBye('Too many failed log-ins');
    }
    return no('[AUTHENTICATIONFAILED] Wrong user name or password');
  }
  state.accountId = answer.accountId;
  state.reader.textMaxBytes = COMMAND_TEXT_MAX_BYTES;
  return ok(`[${capabilities(state)}] Logged in`);
}
