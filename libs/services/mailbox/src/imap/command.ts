import type { ArgumentReader } from '@staffetta/imap';
import type { ImapState, SelectedState, UserState } from './imap-state.ts';

/** How a command ended; the text begins with a response code where there is one. */
export interface CommandResult {
  readonly status: 'OK' | 'NO' | 'BAD';
  readonly text: string;
}

/** What has to be told to the client after a command: everything, all but EXPUNGE, or nothing. */
export type SyncAfter = 'all' | 'no-expunge' | 'nothing';

interface AnyCommand<Needed extends string, State> {
  /** The state it is valid in (RFC 3501 §3). */
  readonly needs: Needed;
  readonly sync: SyncAfter;
  /** Whether the store is to be asked even where nothing is known to have changed. */
  readonly syncAlways?: boolean;
  /** Throws an ImapSyntaxError where the arguments are wrong. `byUid`: it came after UID. */
  run(state: State, reader: ArgumentReader, byUid: boolean): Promise<CommandResult>;
}

/** One IMAP command. */
export type Command =
  | AnyCommand<'nothing' | 'no-user', ImapState>
  | AnyCommand<'user', UserState>
  | AnyCommand<'mailbox', SelectedState>;

export function ok(text: string): CommandResult {
  return { status: 'OK', text };
}

export function no(text: string): CommandResult {
  return { status: 'NO', text };
}

export const NO_SUCH_MAILBOX: CommandResult = no('[NONEXISTENT] There is no such mailbox');
export const TRY_CREATE: CommandResult = no('[TRYCREATE] There is no such mailbox');
export const READ_ONLY: CommandResult = no('[READ-ONLY] The mailbox was opened with EXAMINE');
