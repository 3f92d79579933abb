import type { ImapState } from './imap-state.ts';

const ALWAYS = ['IMAP4rev1', 'LITERAL+', 'SASL-IR', 'ID', 'ENABLE', 'IDLE', 'NAMESPACE'];
const MAILBOXES = ['CHILDREN', 'SPECIAL-USE', 'CREATE-SPECIAL-USE', 'LIST-EXTENDED', 'LIST-STATUS'];
const MESSAGES = ['UIDPLUS', 'MOVE', 'UNSELECT'];

/** What the session can do now. */
export function capabilities(state: ImapState): string {
  const all = [...ALWAYS, ...MAILBOXES, ...MESSAGES];
  all.push(`APPENDLIMIT=${state.options.appendMaxBytes}`);
  if (state.accountId === undefined) {
    if (state.connection.canStartTls) all.push('STARTTLS');
    if (state.allowsPassword) all.push('AUTH=PLAIN', 'AUTH=LOGIN');
    else all.push('LOGINDISABLED');
  }
  return `CAPABILITY ${all.join(' ')}`;
}
