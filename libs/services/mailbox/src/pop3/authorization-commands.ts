import { LOGIN_FAILURES_MAX } from '../session-options.ts';
import { Maildrop } from './maildrop.ts';
import type { Pop3State } from './pop3-state.ts';

/** Commands before the log-in (RFC 1939 §4, RFC 2595 §4), by keyword. */
export const AUTHORIZATION_COMMANDS: ReadonlyMap<
  string,
  (state: Pop3State, argument: string) => Promise<void>
> = new Map(Object.entries({ USER: user, PASS: pass, STLS: stls }));

const PRIVACY_REQUIRED =
  '[SYS/PERM] Passwords are taken under TLS only: use STLS or the POP3S port';

async function user(state: Pop3State, argument: string): Promise<void> {
  if (!state.allowsPassword) return state.error(PRIVACY_REQUIRED);
  if (argument === '') return state.error('Which user?');
  state.user = argument;
  state.ok('Now the password');
}

async function pass(state: Pop3State, password: string): Promise<void> {
  if (!state.allowsPassword) return state.error(PRIVACY_REQUIRED);
  if (state.user === undefined) return state.error('USER first');
  const text = (octets: string): string => Buffer.from(octets, 'latin1').toString('utf8');
  const name = text(state.user);
  state.user = undefined;
  const { authenticator } = state.options;
  const { remoteAddress } = state.connection;
  const answer = await authenticator.authenticate(name, text(password), remoteAddress, 'pop3');
  if (answer.kind === 'unavailable') return state.error('[SYS/TEMP] Try again later');
  if (answer.kind === 'refused') return refused(state);
  await open(state, answer.accountId);
}

function refused(state: Pop3State): void {
  state.loginFailures += 1;
  state.closing ||= state.loginFailures >= LOGIN_FAILURES_MAX;
  state.error('[AUTH] Wrong user name or password');
}

async function open(state: Pop3State, accountId: string): Promise<void> {
  const { store } = state.options;
  const lock = await store.acquirePop3Lock(accountId);
  if (lock === undefined) return state.error('[IN-USE] Another POP3 session has this mailbox');
  lock.onLost(() => state.client.destroy());
  try {
    state.maildrop = await Maildrop.open(store, lock, accountId);
  } catch (error) {
    await lock.release();
    throw error;
  }
  state.ok('Logged in');
}

async function stls(state: Pop3State, argument: string): Promise<void> {
  if (argument !== '' || !state.connection.canStartTls) return state.error('TLS is not available');
  state.startsTls = true;
  state.ok('Begin TLS negotiation now');
}
