/** Messages that one POP3 session shows. */
export const MAILDROP_MESSAGES_MAX = 100_000;
/** Without a command for so long the session ends, and deletes nothing (RFC 1939 §3: at least 10 minutes). */
export const POP3_IDLE_TIMEOUT_MS = 11 * 60_000;
/** Commands in a row that are not POP3. */
export const BAD_COMMANDS_MAX = 20;
