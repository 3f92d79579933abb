export { ImapSession, IMAP_IDLE_TIMEOUT_MS } from './imap/imap-session.ts';
export { STILL_HERE_MS } from './imap/commands/idle.ts';
export { Pop3Session } from './pop3/pop3-session.ts';
export { POP3_IDLE_TIMEOUT_MS } from './pop3/limits.ts';
export type { SessionOptions } from './session-options.ts';
