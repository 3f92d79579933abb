export { ImapSession, IMAP_IDLE_TIMEOUT_MS } from './imap/imap-session.ts';
export { STILL_HERE_MS } from './imap/commands/idle.ts';
export type { SessionOptions } from './session-options.ts';
